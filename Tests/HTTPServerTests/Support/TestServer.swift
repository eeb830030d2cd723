import HTTP
import HTTPServer

/// A handler made of a closure.
struct ClosureHandler: Handler {
    var call: @Sendable (RequestHead) -> Reception
    init(_ call: @escaping @Sendable (RequestHead) -> Reception) { self.call = call }
    func receive(_ head: RequestHead) -> Reception { call(head) }
}

/// Starts a server on a free port, runs `body` with it on a thread that may block, and stops it.
func withServer<Result: Sendable>(
    _ configuration: ServerConfiguration = ServerConfiguration(),
    handler: @escaping @Sendable (RequestHead) -> Reception,
    _ body: @escaping @Sendable (HTTPServer, UInt16) throws -> Result
) async throws -> Result {
    let server = HTTPServer(configuration: configuration, handler: ClosureHandler(handler))
    let address = try server.start()
    do {
        let result = try await onThread { try body(server, address.port) }
        await server.shutdown(within: .seconds(5))
        return result
    } catch {
        await server.shutdown(within: .zero)
        throw error
    }
}

extension Response {
    init(text: String, status: Status = .ok, fields: Fields = [:]) {
        self.init(status, fields: fields, body: .bytes(Array(text.utf8)))
    }
}

extension RequestHead {
    var pathText: String { String(decoding: path, as: UTF8.self) }
}
