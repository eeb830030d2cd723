import HTTPTestServer
import JSON
import Registry
import Synchronization
import Testing

@testable import ControlPlane

/// What a receiver answers: the test says so while it runs.
final class Receiver: Sendable {
    private let answers = Mutex<[[UInt8]]>([])
    private let usual = Mutex<[UInt8]>(answer("204 No Content", ""))

    /// These, one after the other, and then the usual.
    func next(_ replies: [UInt8]...) { answers.withLock { $0 += replies } }
    func always(_ reply: [UInt8]) { usual.withLock { $0 = reply } }

    func reply() -> TestServer.Reply {
        let next = answers.withLock { $0.isEmpty ? nil : $0.removeFirst() }
        return .close(next ?? usual.withLock { $0 })
    }
}

/// A control plane with a receiver for its webhooks.
struct WebhookWorld: Sendable {
    static let serverSecret = "the secret of this server, 32 bytes and more"

    let temporary: TemporaryControlPlane
    let receiver: Receiver
    let server: TestServer

    static func run(_ body: (WebhookWorld, ControlPlane) async throws -> Void) async throws {
        try await opening { world in try await world.open { try await body(world, $0) } }
    }

    /// The same, where the body opens the control plane, as often as it wants.
    static func opening(_ body: (WebhookWorld) async throws -> Void) async throws {
        let receiver = Receiver()
        try await TemporaryControlPlane.with { temporary async throws in
            try await TestServer.run({ _ in receiver.reply() }) { server async throws in
                try await body(WebhookWorld(temporary, receiver, server))
            }
        }
    }

    private init(_ temporary: TemporaryControlPlane, _ receiver: Receiver, _ server: TestServer) {
        self.temporary = temporary
        self.server = server
        self.receiver = receiver
    }

    func open(secret: String = serverSecret, _ body: (ControlPlane) async throws -> Void) async throws {
        let settings = try WebhookSettings(secret: WebhookSecret(Array(secret.utf8)), allow: ["127.0.0.0/8"])
        try await temporary.withPlane(webhooks: settings) { try await body($0) }
    }

    /// - Returns: the secret that was made for it.
    @discardableResult
    func put(_ name: String = "pager", _ more: JSONObject = [:], in plane: ControlPlane) async throws
        -> String?
    {
        var document: JSONObject = ["url": .string("\(server.url)/\(name)")]
        for (key, value) in more { document[key] = value }
        let prepared = try plane.prepare(webhook: name, .object(document))
        let answer = try await plane.change { try $0.putWebhook(prepared) }
        return try JSONValue(parsing: answer.body)["secret"]?.string
    }

    /// A drain of an empty cell, which is one operation; another zone has an active one.
    func drain(_ cell: String, dryRun: Bool = false, in plane: ControlPlane) async throws {
        for (name, zone) in [("stays", "us-east-1b"), (cell, "us-east-1a")] {
            try await plane.put(
                cell: name, ["zone": .string(zone), "state": "active", "capacity": 10])
        }
        let id = try #require(CellID(cell))
        let request = try DrainRequest(document: [:], cell: id)
        try await plane.change(How(dryRun: dryRun)) { try $0.drain(id, request) }
    }

    /// One step of a reconciler that delivers.
    @discardableResult
    func deliver(in plane: ControlPlane) async throws -> String {
        try await DeliverWebhooks(number: 1, controlPlane: plane, random: { 1 }).step()
    }

    func deliveries(_ name: String = "pager", in plane: ControlPlane) throws -> [WebhookDelivery] {
        try #require(try plane.deliveries(to: name, state: nil, before: .max, limit: 100))
    }

    /// What has arrived: types of events, in their order.
    var types: [String] {
        server.received.compactMap { try? JSONValue(parsing: $0.body)["type"]?.string }
    }
}
