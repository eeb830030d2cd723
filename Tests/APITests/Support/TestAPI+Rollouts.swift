import ControlPlane
import HTTP
import JSON
import Registry
import Testing

/// Rollouts, with a worker that is driven by hand.
extension TestAPI {
    /// Six active cells in two zones, and a release of one service.
    static func withRelease(_ body: (TestAPI) async throws -> Void) async throws {
        try await with { api in
            for number in 1...6 {
                try await api.addCell(
                    "cell-\(number)", zone: number % 2 == 0 ? "us-east-1b" : "us-east-1a",
                    ["images": ["order-service": "titan/order-service:v1.0.0"]])
            }
            try await api.addRelease()
            try await body(api)
            try api.expectSound()
        }
    }

    func addRelease(_ name: String = "v1.1.0", service: String = "order-service") async throws {
        try await send(
            .put, "/v1/releases/\(name)", ["images": .object([service: .string("titan/\(service):\(name)")])]
        ).expect(201)
    }

    /// Begins a rollout, which must be accepted.
    ///
    /// - Returns: its name.
    func beginRollout(
        _ release: String = "v1.1.0", _ strategy: JSONObject = ["bakeTime": "0s"], _ more: JSONObject = [:],
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> String {
        if try await send(.get, "/v1/releases/\(release)").status == 404 { try await addRelease(release) }
        var body: JSONObject = ["release": .string(release), "strategy": .object(strategy)]
        for (name, value) in more { body[name] = value }
        let answer = try await send(
            .post, "/v1/rollouts", .object(body), as: .releaser, sourceLocation: sourceLocation
        ).expect(202, sourceLocation: sourceLocation)
        let id = try #require(try answer["id"]?.string, sourceLocation: sourceLocation)
        #expect(answer.fields[.location] == "/v1/rollouts/\(id)", sourceLocation: sourceLocation)
        return id
    }

    func claim(_ rollout: String, _ worker: String = "script") async throws -> Answer {
        try await send(.post, "/v1/rollouts/\(rollout):claim", ["worker": .string(worker)], as: .releaser)
    }

    /// Reports on what `work` was claimed for.
    @discardableResult
    func report(
        _ work: JSONValue, in rollout: String, healthy: Bool = true, _ more: JSONObject = [:]
    ) async throws -> Answer {
        let cell = try #require(work["cell"]?.string)
        var body: JSONObject = [
            "fencingToken": work["fencingToken"] ?? .null, "release": work["release"] ?? .null,
            "healthy": .bool(healthy),
        ]
        for (name, value) in more { body[name] = value }
        return try await send(
            .post, "/v1/rollouts/\(rollout)/cells/\(cell):report", .object(body), as: .releaser)
    }

    /// Claims and reports until nothing can be claimed.
    ///
    /// - Parameter isHealthy: what is reported of each.
    /// - Returns: the cells in the order of their claims, those taken back with a `-`.
    func carryOut(
        _ rollout: String, isHealthy: (_ cell: String, _ action: String) -> Bool = { _, _ in true }
    ) async throws -> [String] {
        var cells: [String] = []
        for _ in 0..<1000 {
            let answer = try await claim(rollout)
            guard answer.status == 200 else {
                try answer.expect(204)
                return cells
            }
            let work = try answer.json
            let (cell, action) = (work["cell"]?.string ?? "", work["action"]?.string ?? "")
            cells.append(action == "rollback" ? "-\(cell)" : cell)
            try await report(work, in: rollout, healthy: isHealthy(cell, action)).expect(200)
        }
        Issue.record("the rollout goes on for ever")
        return cells
    }

    /// A step of the reconciler that takes rollouts on.
    func advanceRollouts() async throws {
        let reconciler = try #require(
            Reconcilers.all(of: controlPlane).first { $0.name == "advanceRollouts" })
        _ = try await reconciler.step()
    }

    func rollout(_ id: String) async throws -> JSONValue {
        try await send(.get, "/v1/rollouts/\(id)", as: .viewer).expect(200).json
    }

    /// The release that the cell's only service was observed to run.
    func observed(_ cell: String) async throws -> JSONValue? {
        let services = try await send(.get, "/v1/cells/\(cell)/services").expect(200)["items"]
        return services?.array?.first?["observed"]?["release"]
    }
}
