import HTTP
import Registry
import Telemetry

/// One admitted request on its way: whatever its answer comes from, the answer names the request, is counted, and
/// ends its span.
struct Exchange: Sendable {
    private let metered: MeteredOperation
    private let requestID: String
    private let endpoints: Endpoints
    private let start = ContinuousClock.now

    init(_ metered: MeteredOperation, requestID: String, _ endpoints: Endpoints) {
        self.metered = metered
        self.requestID = requestID
        self.endpoints = endpoints
    }

    /// What `admit` decides, with its errors as problems.
    func reception(_ admit: () throws -> Reception) -> Reception {
        do {
            return finished(try admit())
        } catch {
            let expected = endpoints.expected(error, operation: metered.operation.id, requestID: requestID)
            return .answer(finished(Problem.response(expected, requestID: requestID), since: start))
        }
    }

    private func finished(_ reception: Reception) -> Reception {
        switch reception {
        case .answer(let response):
            return .answer(finished(response, since: start))
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
                decide(moment).map { Exchange(metered, requestID: requestID, endpoints).finished($0) }
            }
            return .watch(watch)
        }
    }

    private func traced(_ traceparent: String?, _ work: () async -> Response) async -> Response {
        let begin = ContinuousClock.now
        var span = endpoints.instruments.tracer.span(
            metered.operation.id, .server, parent: traceparent.flatMap(TraceContext.init))
        let response = finished(await work(), since: begin)
        span?["http.response.status_code"] = .integer(Int64(response.status.rawValue))
        span?["titan.request_id"] = .string(requestID)
        span?.end()
        return response
    }

    private func finished(_ response: Response, since begin: ContinuousClock.Instant) -> Response {
        metered.record(response.status, since: begin)
        var response = response
        response.fields[.xRequestID] = requestID
        return response
    }
}
