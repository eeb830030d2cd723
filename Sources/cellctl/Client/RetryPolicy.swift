import HTTPClient
import JSON
import Registry

/// When a call is made again, and after how long.
///
/// A GET changes nothing, a POST carries an `Idempotency-Key`, and an import that is taken twice changes nothing the
/// second time: these may be sent again after any failure of the connection. PUT, PATCH and DELETE only where the
/// request never arrived.
enum RetryPolicy {
    static let retriesMax = 3
    /// No server makes a person wait longer than this for one call.
    static let delayMax = Duration.seconds(30)

    enum Outcome {
        case answer(status: Int, code: String?, retryAfter: String?)
        case failure(ClientError)
    }

    /// - Parameters:
    ///   - retries: how often it was made again already.
    ///   - random: from 0 to 1, so that many clients don't come back at once.
    /// - Returns: how long to wait before the next try, or nil for no next one.
    static func delay(
        beforeRetryAfter retries: Int, of method: String, _ outcome: Outcome, random: Double
    ) -> Duration? {
        guard retries < retriesMax else { return nil }
        let backOff = Duration.milliseconds(200 << retries) * (0.5 + random / 2)
        let isRepeatable = method == "GET" || method == "POST"
        switch outcome {
        case .answer(503, _, let retryAfter) where isRepeatable:
            let asked = retryAfter.flatMap { Int64($0) }.map { Duration.seconds(max(0, min($0, 3600))) }
            return min(max(asked ?? .zero, backOff), delayMax)
        case .answer(409, let code, _) where code == ErrorCode.idempotencyKeyInUse.rawValue && retries > 0:
            // The try before this one is still running there; its answer will be replayed.
            return max(backOff, .seconds(1))
        case .answer: return nil
        case .failure(.couldNotConnect), .failure(.couldNotResolve): return backOff
        case .failure(.closed): return isRepeatable ? backOff : nil
        case .failure: return nil
        }
    }
}
