import HTTP
import Registry
import Synchronization
import Telemetry

/// An operation with its endpoint bound and its own metrics at hand: what each request would else look up again, on
/// the loop.
final class ServedOperation: Sendable {
    let operation: Operation
    let endpoint: @Sendable (Call, RequestHead) throws -> Reception
    private let metrics: Metrics
    private let duration: Histogram
    private let counters = Mutex<[(status: UInt16, counter: Counter)]>([])

    init(_ operation: Operation, _ endpoints: Endpoints) {
        self.operation = operation
        endpoint = Self.bind(operation.work, to: endpoints)
        metrics = endpoints.instruments.metrics
        duration = metrics.httpRequestDuration[operation.id]
    }

    private static func bind(_ work: Operation.Work, to endpoints: Endpoints)
        -> @Sendable (Call, RequestHead) throws -> Reception
    {
        switch work {
        case .immediate(let endpoint):
            return endpoint(endpoints)
        case .deferred(let bodyBytesMax, let endpoint):
            let endpoint = endpoint(endpoints)
            return { call, _ in
                .deferred(bodyBytesMax: bodyBytesMax) { request in
                    await endpoints.answer(call) { try await endpoint(call, request) }
                }
            }
        case .streamed(let bodyBytesMax, let endpoint):
            let endpoint = endpoint(endpoints)
            return { call, _ in
                .streamed(bodyBytesMax: bodyBytesMax) { request, body in
                    await endpoints.answer(call) { try await endpoint(call, request, body) }
                }
            }
        }
    }

    func record(_ status: Status, since start: ContinuousClock.Instant) {
        duration.record(ContinuousClock.now - start)
        let code = status.rawValue
        if let known = counters.withLock({ $0.first { $0.status == code }?.counter }) { return known.add() }
        let counter = metrics.httpRequests[operation.id, String(code)]
        counters.withLock { $0.append((code, counter)) }
        counter.add()
    }
}
