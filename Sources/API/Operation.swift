import HTTP
import Registry

/// One operation of the API: a line of `Routes`, and the operation of the same id in `openapi.yaml`.
public final class Operation: Sendable {
    /// The operation id: what audit, metrics and logs call it.
    public let id: String
    public let method: Method
    /// The template: `/v1/cells/{cell}:drain`.
    public let path: String
    public let access: Access
    /// The query parameters it knows; any other is refused by name.
    public let query: Set<String>
    /// Which listeners serve it.
    public let listeners: Set<Listener>
    let work: Work

    /// What serves it.
    enum Work: Sendable {
        /// Answered, or parked, on the server's loop, from memory alone.
        case immediate(@Sendable (Endpoints) -> @Sendable (Call, RequestHead) throws -> Reception)
        /// Answered off the loop, with a body of at most that many bytes.
        case deferred(
            bodyBytesMax: Int, @Sendable (Endpoints) -> @Sendable (Call, Request) async throws -> Response)
        /// As `deferred`, with the body as it arrives.
        case streamed(
            bodyBytesMax: Int,
            @Sendable (Endpoints) -> @Sendable (Call, Request, any BodyReader) async throws -> Response)
    }

    /// The two ports.
    public enum Listener: String, Sendable, CaseIterable {
        /// Gateways and operators.
        case main
        /// Probes and scrapes, so that neither can starve the other.
        case health
    }

    init(
        _ id: String, _ method: Method, _ path: String, _ access: Access, query: Set<String> = [],
        listeners: Set<Listener> = [.main], _ work: Work
    ) {
        self.id = id
        self.method = method
        self.path = path
        self.access = access
        self.query = query
        self.listeners = listeners
        self.work = work
    }

    /// A question that goes to the store.
    static func read(
        _ id: String, _ path: String, _ access: Access, query: Set<String> = [],
        _ endpoint: @escaping @Sendable (Endpoints) -> @Sendable (Call, Request) async throws -> Response
    ) -> Operation {
        Operation(id, .get, path, access, query: query, .deferred(bodyBytesMax: 0, endpoint))
    }

    /// A change; every one of them can be tried by `dryRun`.
    static func write(
        _ id: String, _ method: Method, _ path: String, _ access: Access, query: Set<String> = [],
        _ endpoint: @escaping @Sendable (Endpoints) -> @Sendable (Call, Request) async throws -> Response
    ) -> Operation {
        Operation(
            id, method, path, access, query: query.union(["dryRun"]),
            .deferred(bodyBytesMax: method == .delete ? 0 : Limits.bodyBytesMax, endpoint))
    }

    /// A question that memory answers, on the loop.
    static func memory(
        _ id: String, _ path: String, _ access: Access, query: Set<String> = [],
        listeners: Set<Listener> = [.main],
        _ endpoint: @escaping @Sendable (Endpoints) -> @Sendable (Call, RequestHead) throws -> Reception
    ) -> Operation {
        Operation(id, .get, path, access, query: query, listeners: listeners, .immediate(endpoint))
    }
}
