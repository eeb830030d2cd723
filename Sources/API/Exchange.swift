import HTTP
import Registry
import Telemetry

/// One request on its way: whatever its answer comes from, the answer names the request, is counted, and ends its
/// span.
struct Exchange: Sendable {
    private let served: ServedOperation
    private let requestID: RequestID
    private let endpoints: Endpoints
    private let start = ContinuousClock.now

    init(_ served: ServedOperation, _ requestID: RequestID, _ endpoints: Endpoints) {
        self.served = served
        self.requestID = requestID
        self.endpoints = endpoints
    }

    /// What `admit` decides, with its errors as problems.
    func reception(_ admit: () throws -> Reception) -> Reception {
        do {
            return finished(try admit())
        } catch {
            let expected = endpoints.expected(
                error, operation: served.operation.id, requestID: requestID.text)
            return .answer(
                finished(
                    Problem.response(expected, requestID: requestID.text), since: start, fromMemory: true))
        }
    }

    private func finished(_ reception: Reception) -> Reception {
        switch reception {
        case .answer(let response):
            return .answer(finished(response, since: start, fromMemory: true))
        case .deferred(let bytes, let work):
            return .deferred(bodyBytesMax: bytes) { request in
                await traced(request.fields[.traceparent]) { await work(request) }
            }
        case .streamed(let bytes, let work):
            return .streamed(bodyBytesMax: bytes) { request, body in
                await traced(request.fields[.traceparent]) { await work(request, body) }
            }
        case .watch(var watch):
            let decide = watch.decide
            // The time it was held is not the time it took.
            watch.decide = { moment in
                decide(moment).map { Exchange(served, requestID, endpoints).finished($0) }
            }
            return .watch(watch)
        }
    }

    private func traced(_ traceparent: String?, _ work: () async -> Response) async -> Response {
        let begin = ContinuousClock.now
        var span = endpoints.instruments.tracer.span(
            served.operation.id, .server, parent: traceparent.flatMap(TraceContext.init))
        let response = finished(await work(), since: begin, fromMemory: false)
        span?["http.response.status_code"] = .integer(Int64(response.status.rawValue))
        span?["titan.request_id"] = .string(requestID.text)
        span?.end()
        return response
    }

    private func finished(
        _ response: Response, since begin: ContinuousClock.Instant, fromMemory: Bool
    ) -> Response {
        served.record(response.status, since: begin)
        // What memory answers is the same for all who ask, is made once, and names the request only where it
        // named itself: nothing of it is in any log.
        if fromMemory, !requestID.isSent, !response.status.isProblem { return response }
        var response = response
        response.fields[.xRequestID] = requestID.text
        return response
    }
}
