import HTTPClient
import JSON
import Registry

/// The control plane's API as the commands call it: the one place that speaks HTTP.
final class APIClient {
    struct Settings {
        var url: String
        var token: String?
        /// Kept in the audit with every write.
        var reason: String?
        var timeout: Duration?
        var tls = ClientConfiguration.TLS()
    }

    private let settings: Settings
    private let surroundings: Surroundings
    private let http: HTTPClient

    /// - Throws: `usage` for a certificate without its key.
    init(_ settings: Settings, _ surroundings: Surroundings) throws(CommandFailure) {
        guard (settings.tls.certificateFile == nil) == (settings.tls.keyFile == nil) else {
            throw .usage("--client-cert and --client-key come together")
        }
        var configuration = ClientConfiguration()
        configuration.allowsPlainHTTP = true
        configuration.tls = settings.tls
        configuration.userAgent = "cellctl/\(Cellctl.version)"
        // A routing table of ten million tenants.
        configuration.responseBytesMax = 4 << 30
        self.settings = settings
        self.surroundings = surroundings
        http = HTTPClient(configuration)
    }

    /// Calls, with retries, and reads the JSON answer.
    ///
    /// - Throws: `problem` for any status of 400 or more, `unreachable` where there was no answer.
    func send(_ request: APIRequest) throws(CommandFailure) -> APIAnswer {
        let response = try perform(request, receive: nil)
        return APIAnswer(
            status: response.status, body: try Self.json(response.body), tag: response[field: "ETag"])
    }

    /// Calls and hands on the body while it comes.
    func stream(_ request: APIRequest, receive: @escaping ([UInt8]) throws -> Void) throws(CommandFailure) {
        _ = try perform(request, receive: receive)
    }

    /// The items of a list: all pages, or as many as make up `limit`.
    ///
    /// - Parameters:
    ///   - cursorName: the query parameter that an answer's `nextCursor` goes to; nil for a list that has no pages.
    func list(
        _ path: String, query: [(String, String)] = [], limit: Int? = nil, cursorName: String? = "cursor"
    ) throws(CommandFailure) -> [JSONValue] {
        guard let cursorName else {
            let items = try send(APIRequest("GET", path, query: query)).body["items"]?.array ?? []
            return Array(items.prefix(limit ?? .max))
        }
        var items: [JSONValue] = []
        var query = query
        while true {
            let page = min(Limits.pageItemsMax, limit.map { $0 - items.count } ?? Limits.pageItemsMax)
            let answer = try send(APIRequest("GET", path, query: query + [("limit", "\(page)")])).body
            items += answer["items"]?.array ?? []
            guard let cursor = answer["nextCursor"]?.string, items.count < limit ?? .max else { return items }
            query.removeAll { $0.0 == cursorName }
            query.append((cursorName, cursor))
        }
    }

    private func perform(
        _ request: APIRequest, receive: (([UInt8]) throws -> Void)?
    ) throws(CommandFailure) -> ClientResponse {
        let accept = receive == nil ? "application/json" : "application/x-ndjson"
        let fields = fields(of: request) + [("Accept", accept)]
        var retries = 0
        var hasReceived = false
        while true {
            let outcome: RetryPolicy.Outcome
            let failure: CommandFailure
            do throws(ClientError) {
                let sent = ClientRequest(
                    request.method, settings.url + request.target, fields: fields,
                    body: try body(of: request),
                    timeLimits: timeLimits(of: request))
                let response =
                    if let receive {
                        try http.send(sent) { chunk in
                            hasReceived = true
                            try receive(chunk)
                        }
                    } else {
                        try http.send(sent)
                    }
                if response.status < 400 { return response }
                let problem = Problem(status: response.status, body: response.body)
                failure = .problem(problem)
                outcome = .answer(
                    status: response.status, code: problem.code, retryAfter: response[field: "Retry-After"])
            } catch {
                failure = CommandFailure(error)
                outcome = .failure(error)
            }
            guard !hasReceived,
                let delay = RetryPolicy.delay(
                    beforeRetryAfter: retries, of: request.method, outcome, random: .random(in: 0...1))
            else { throw failure }
            surroundings.sleep(delay)
            retries += 1
        }
    }

    private func fields(of request: APIRequest) -> [(name: String, value: String)] {
        var fields = request.fields
        if let token = settings.token { fields.append(("Authorization", "Bearer \(token)")) }
        if request.method != "GET", let reason = settings.reason { fields.append(("Audit-Reason", reason)) }
        // An import has no key: taken twice it changes nothing, and for a key the server would keep it in memory.
        switch request.body {
        case .none: break
        case .json:
            let type = request.method == "PATCH" ? "application/merge-patch+json" : "application/json"
            fields.append(("Content-Type", type))
        case .upload(let upload):
            fields.append(("Content-Type", upload.mediaType))
            return fields
        }
        if request.method == "POST" { fields.append(("Idempotency-Key", Self.randomKey())) }
        return fields
    }

    private func body(of request: APIRequest) throws(ClientError) -> ClientRequest.Body {
        switch request.body {
        case .none: return .none
        case .json(let value): return .bytes(value.encoded())
        case .upload(let upload):
            do throws(CommandFailure) {
                try upload.rewind()
            } catch {
                throw .stopped(error)
            }
            return .stream(length: upload.length) { try upload.next() }
        }
    }

    /// An import lasts as long as it moves; a long poll may be held back for its wait.
    private func timeLimits(of request: APIRequest) -> TimeLimits {
        let isUpload = if case .upload = request.body { true } else { false }
        let wait = request.wait ?? .zero
        let timeout = settings.timeout ?? (isUpload || request.method == "GET" ? nil : .seconds(30))
        return TimeLimits(
            connectSeconds: min(10, timeout.map(\.seconds) ?? 10),
            totalSeconds: timeout.map { ($0 + wait).seconds },
            idleSeconds: isUpload ? 3600 : 30 + Int(wait.components.seconds))
    }

    private static func json(_ body: [UInt8]) throws(CommandFailure) -> JSONValue {
        if body.isEmpty { return .null }
        do throws(JSONError) {
            return try JSONValue(parsing: body, limits: JSONLimits(depthMax: 64, valuesMax: .max))
        } catch {
            throw .failed("the answer is not JSON (is this the control plane's address?): \(error)")
        }
    }

    private static func randomKey() -> String {
        "\(String(UInt64.random(in: .min ... .max), radix: 16))-\(String(UInt64.random(in: .min ... .max), radix: 16))"
    }
}

extension Duration {
    var seconds: Double { Double(milliseconds) / 1000 }
}
