import Foundation
import HTTPClient
import JSON

/// Someone who calls the API. Any number of threads may call at once, each on a connection of its own.
struct Client: Sendable {
    let url: String
    let token: String?
    private let http: HTTPClient

    init(_ url: String, token: String? = nil) {
        var configuration = ClientConfiguration()
        configuration.allowsPlainHTTP = true
        configuration.idleHandlesMax = 64
        configuration.responseBytesMax = 1 << 30
        configuration.timeLimits = TimeLimits(connectSeconds: 30, totalSeconds: 120, idleSeconds: 120)
        http = HTTPClient(configuration)
        self.url = url
        self.token = token
    }

    private init(_ client: Client, url: String) {
        http = client.http
        token = client.token
        self.url = url
    }

    /// The same client, with its connections, where the server is now.
    func moved(to url: String) -> Client { Client(self, url: url) }

    /// Someone without a token.
    var anonymous: Client { Client(url) }

    /// - Throws: `ClientError` where there is no whole answer.
    func send(
        _ method: String, _ path: String, _ body: JSONValue? = nil, fields: [String: String] = [:]
    ) throws(ClientError) -> Answer {
        var fields = fields.map { (name: $0.key, value: $0.value) }
        if let token { fields.append(("Authorization", "Bearer \(token)")) }
        if body != nil {
            let type = method == "PATCH" ? "application/merge-patch+json" : "application/json"
            fields.append(("Content-Type", type))
        }
        let request = ClientRequest(
            method, url + path, fields: fields, body: body.map { .bytes($0.encoded()) } ?? .none)
        return Answer(response: try http.send(request))
    }

    /// What must succeed.
    /// - Throws: `Failure` with the problem where it does not.
    @discardableResult
    func must(
        _ method: String, _ path: String, _ body: JSONValue? = nil, fields: [String: String] = [:]
    ) throws -> JSONValue {
        let answer = try send(method, path, body, fields: fields)
        guard answer.response.isSuccess else {
            throw Failure("\(method) \(path): \(answer.status) \(answer.text)")
        }
        return answer.json
    }
}

struct Answer: Sendable {
    let response: ClientResponse

    var status: Int { response.status }
    var text: String { String(decoding: response.body, as: UTF8.self) }
    /// Null where the body is no JSON.
    var json: JSONValue { (try? JSONValue(parsing: response.body)) ?? .null }
    var code: String? { json["code"]?.string }
    var revision: Int64? { json["revision"]?.integer }

    subscript(field name: String) -> String? { response[field: name] }
}

extension Client {
    /// An active cell with as much room as a test may need.
    func makeCell(_ cell: String, zone: String = "us-east-1a", capacity: Int64 = 1_000_000) throws {
        try must(
            "PUT", "/v1/cells/\(cell)",
            [
                "zone": .string(zone), "capacity": .integer(capacity),
                "endpoints": ["order-service": "\(cell).titan-cells.svc.cluster.local:50051"],
            ])
        try must("POST", "/v1/cells/\(cell):activate")
    }
}
