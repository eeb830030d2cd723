import API
import Foundation
import HTTP
import JSON
import Logging
import Registry
import Store
import Synchronization
import Telemetry
import Testing

@testable import ControlPlane

/// The whole API over a real registry in a folder of its own: both listeners, a token for each role, and a clock
/// whose hands the test turns. Every answer is held against `openapi.yaml`.
final class TestAPI: Sendable {
    let controlPlane: ControlPlane
    let clock: ManualClock
    let status = ManualStatus()
    let contract: Contract
    let log = CapturedLog()
    private let handlers: [API.Operation.Listener: APIHandler]
    private let secrets: [Role: String]
    private let folder: String

    /// Makes one for the time of the body.
    @discardableResult
    static func with<T>(
        anonymousRole: Role? = nil, webhooks: WebhookSettings = .none,
        _ body: (TestAPI) async throws -> T
    ) async throws -> T {
        let api = try await TestAPI(anonymousRole: anonymousRole, webhooks: webhooks)
        defer { api.remove() }
        return try await body(api)
    }

    /// As above, with an active cell `cell-1` of 1,000 units in `us-east-1a`, and the tenant `acme` on it.
    @discardableResult
    static func withAcme<T>(
        anonymousRole: Role? = nil, _ body: (TestAPI) async throws -> T
    ) async throws -> T {
        try await with(anonymousRole: anonymousRole) { api in
            try await api.addCell("cell-1")
            try await api.send(.put, "/v1/tenants/acme", ["hosts": ["shop.acme.com"], "cell": "cell-1"])
                .expect(201)
            return try await body(api)
        }
    }

    private init(anonymousRole: Role?, webhooks: WebhookSettings) async throws {
        var template = Array("/tmp/api-tests-XXXXXX".utf8CString)
        folder = try #require(mkdtemp(&template).map { String(cString: $0) })
        let clock = ManualClock()
        self.clock = clock
        let store = try Store(
            Store.Configuration(
                path: folder + "/registry.db", readersMax: 2, clock: { clock.now },
                report: { Issue.record("the store failed: \($0)") },
                onFatal: { Issue.record("the store ended: \($0)") }))
        controlPlane = try ControlPlane(
            store: store, clock: Clock(now: { clock.now }, uptime: { clock.uptime }), webhooks: webhooks)
        var secrets: [Role: String] = [:]
        for role in Role.allCases {
            let cell = role == .cell ? CellID("cell-1") : nil
            secrets[role] = try await Self.token(
                Principal(name: role.rawValue, role: role, cell: cell), in: store)
        }
        self.secrets = secrets
        let log = log
        let logger = Logger(label: "api-tests") { _ in CapturedLog.Handler(log: log) }
        let metrics = Metrics()
        let endpoints = Endpoints(
            controlPlane: controlPlane, settings: APISettings(anonymousRole: anonymousRole, version: "1.2.3"),
            instruments: Instruments(
                metrics: metrics, logger: logger, tracer: Tracer(nil, metrics: metrics, logger: logger)),
            status: status)
        let main = APIHandler(endpoints, listener: .main)
        handlers = [.main: main, .health: APIHandler(endpoints, listener: .health)]
        contract = try Contract.served.get()
    }

    private func remove() {
        controlPlane.store.close()
        try? FileManager.default.removeItem(atPath: folder)
    }

    private static func token(_ principal: Principal, in store: Store) async throws -> String {
        let secret = TokenSecret.random()
        _ = try await store.write(as: ChangeContext(principal: .system, operation: "createToken")) {
            try $0.insert(principal, hash: secret.hash)
        }
        return secret.text
    }

    /// A token made beside the API.
    func token(_ principal: Principal) async throws -> String {
        try await Self.token(principal, in: controlPlane.store)
    }

    func bearer(_ role: Role) -> String { "Bearer \(secrets[role] ?? "")" }

    func addCell(_ id: String, zone: String = "us-east-1a", capacity: Int64 = 1000, _ more: JSONObject = [:])
        async throws
    {
        var cell: JSONObject = [
            "zone": .string(zone), "state": "active", "capacity": .integer(capacity),
            "endpoints": ["order-service": .string("\(id).titan-cells.svc.cluster.local:50051")],
        ]
        for (key, value) in more { cell[key] = value }
        try await send(.put, "/v1/cells/\(id)", .object(cell)).expect(201)
    }

    /// Whether the bytes of the database's files have the text in them.
    func databaseHolds(_ text: String) throws -> Bool {
        try ["registry.db", "registry.db-wal"].contains {
            try Data(contentsOf: URL(fileURLWithPath: folder + "/" + $0)).range(of: Data(text.utf8)) != nil
        }
    }

    /// The registry's revision.
    var revision: Int64 { controlPlane.revision.revision.rawValue }
    /// The routing table's tag.
    var table: String { controlPlane.routing.current.tag.description }
}

// MARK: Requests

extension TestAPI {
    /// Sends a JSON body, or none.
    @discardableResult
    func send(
        _ method: Method, _ target: String, _ body: JSONValue? = nil, as role: Role? = .admin,
        fields: Fields = [:],
        on listener: API.Operation.Listener = .main, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> Answer {
        try await send(
            method, target, bytes: body?.encoded() ?? [], type: body == nil ? nil : "application/json",
            as: role,
            fields: fields, on: listener, sourceLocation: sourceLocation)
    }

    /// Sends any bytes as any type; a streamed body comes in pieces of `pieceBytes`.
    @discardableResult
    func send(
        _ method: Method, _ target: String, bytes: [UInt8], type: String?, as role: Role? = .admin,
        fields: Fields = [:],
        pieceBytes: Int = 1000, on listener: API.Operation.Listener = .main,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> Answer {
        let request = self.request(method, target, bytes: bytes, type: type, as: role, fields: fields)
        let response: Response
        switch receive(request, on: listener) {
        case .answer(let made): response = made
        case .deferred(let bytesMax, let work):
            try #require(
                request.body.count <= bytesMax, "the server answers 413 by itself",
                sourceLocation: sourceLocation)
            response = await work(request)
        case .streamed(_, let work): response = await work(request, Pieces(of: bytes, count: pieceBytes))
        case .watch(let watch): response = try await Poll(watch, request).ended()
        }
        return try await answer(response, to: request, on: listener, sourceLocation)
    }

    /// A long poll that is held, to be driven by hand.
    func poll(
        _ target: String, as role: Role? = .gateway, sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> Poll {
        let request = self.request(.get, target, bytes: [], type: nil, as: role, fields: [:])
        guard case .watch(let watch) = receive(request, on: .main) else {
            throw Unexpected("the poll is not held")
        }
        let poll = Poll(watch, request)
        #expect(try poll.isHeld, "the poll has an answer already", sourceLocation: sourceLocation)
        return poll
    }

    /// What a poll's answer says, held against the contract.
    func answer(
        _ response: Response?, to poll: Poll, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> Answer {
        let response = try #require(response, "the poll is still held", sourceLocation: sourceLocation)
        return try await answer(response, to: poll.request, on: .main, sourceLocation)
    }

    func receive(_ request: Request, on listener: API.Operation.Listener) -> Reception {
        guard let handler = handlers[listener] else { preconditionFailure("both listeners have a handler") }
        return handler.receive(request.head)
    }

    func request(
        _ method: Method, _ target: String, bytes: [UInt8], type: String?, as role: Role?, fields: Fields
    ) -> Request {
        var fields = fields
        if let type { fields[.contentType] = type }
        if let role, fields[.authorization] == nil { fields[.authorization] = bearer(role) }
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        return Request(
            method: method, path: Array(parts[0].utf8), query: parts.count > 1 ? Array(parts[1].utf8) : nil,
            fields: fields, body: bytes)
    }

    private func answer(
        _ response: Response, to request: Request, on listener: API.Operation.Listener,
        _ sourceLocation: SourceLocation
    ) async throws -> Answer {
        let answer = try await Answer(response)
        for fault in contract.faults(of: answer, to: request, on: listener) {
            Issue.record("openapi.yaml does not allow this answer: \(fault)", sourceLocation: sourceLocation)
        }
        if [404, 409, 410, 412].contains(answer.status), request.method != .head {
            let steps = (try? answer["nextSteps"]?.array) ?? []
            #expect(
                !steps.isEmpty, "a refusal says what to do: \(answer.shown)", sourceLocation: sourceLocation)
        }
        return answer
    }
}

/// What a test did not expect to happen.
struct Unexpected: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// A wall clock and an uptime that stand still until they are moved.
final class ManualClock: Sendable {
    private let elapsed = Mutex(Duration.zero)
    private let start = ContinuousClock.now
    // 2026-03-02T09:00:00Z
    private static let firstMilliseconds: Int64 = 1_772_442_000_000

    private let isOffBy = Mutex(Duration.zero)

    var now: Timestamp {
        let shown = elapsed.withLock { $0 } + isOffBy.withLock { $0 }
        return Timestamp(rawValue: Self.firstMilliseconds + shown.milliseconds)
    }
    var uptime: ContinuousClock.Instant { start + elapsed.withLock { $0 } }

    func advance(by duration: Duration) { elapsed.withLock { $0 += duration } }
    /// Somebody sets the wall clock; no time passes.
    func jump(by duration: Duration) { isOffBy.withLock { $0 += duration } }
}

/// What the program around the API says of itself.
final class ManualStatus: ServiceStatus {
    private let why = Mutex<String?>(nil)

    var unready: String? { why.withLock { $0 } }
    func become(_ why: String?) { self.why.withLock { $0 = why } }

    var reconcilers: [ReconcilerReport] {
        [
            ReconcilerReport(name: "idle", startedAt: nil, endedAt: nil, report: "", failed: false),
            ReconcilerReport(
                name: "busy", startedAt: Timestamp(rawValue: 1), endedAt: Timestamp(rawValue: 2),
                report: "saved 2 gateways",
                failed: true),
        ]
    }
}
