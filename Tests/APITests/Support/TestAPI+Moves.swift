import ControlPlane
import HTTP
import JSON
import Registry
import Store
import Testing

/// Moving tenants, with the reconcilers' steps taken by hand.
extension TestAPI {
    /// As `withAcme`, with three more tenants on `cell-1`, two of them gold, and two empty cells in other zones.
    static func withFour(_ body: (TestAPI) async throws -> Void) async throws {
        try await withAcme { api in
            try await api.addTenants(["globex", "initech"], on: "cell-1", ["labels": ["tier": "gold"]])
            try await api.addTenants(["umbrella"], on: "cell-1")
            try await api.addCell("cell-2", zone: "us-east-1b")
            try await api.addCell("cell-3", zone: "us-east-1c")
            try await body(api)
            try api.expectSound()
        }
    }

    private static let movers: Set<String> = ["advanceBatches", "endOperations", "expireEvacuations"]

    /// Runs each reconciler that moves tenants `rounds` times, one after the other. A batch that nobody holds up takes
    /// seven steps, and its operation's end one more.
    func work(rounds: Int = 10) async throws {
        let movers = Reconcilers.all(of: controlPlane).filter { Self.movers.contains($0.name) }
        try #require(movers.count == Self.movers.count)
        for _ in 0..<rounds { for mover in movers { _ = try await mover.step() } }
    }

    /// The gateway says that it has the newest table.
    func acknowledge(_ gateway: String = "edge-1") async throws {
        try await send(.put, "/v1/gateways/\(gateway)", ["applied": .string(table)], as: .gateway).expect(200)
    }

    /// Begins long work, which must be accepted.
    ///
    /// - Returns: the operation's name.
    func begin(
        _ target: String, _ body: JSONValue? = nil, fields: Fields = [:],
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> String {
        let answer = try await send(.post, target, body, fields: fields, sourceLocation: sourceLocation)
            .expect(202, sourceLocation: sourceLocation)
        let id = try #require(try answer["id"]?.string, sourceLocation: sourceLocation)
        #expect(answer.fields[.location] == "/v1/operations/\(id)", sourceLocation: sourceLocation)
        #expect(try answer["done"] == false, sourceLocation: sourceLocation)
        return id
    }

    /// What becomes of the operation once the reconcilers have worked.
    func outcome(of id: String, sourceLocation: SourceLocation = #_sourceLocation) async throws -> JSONValue {
        try await work()
        return try await send(.get, "/v1/operations/\(id)", sourceLocation: sourceLocation).expect(200).json
    }

    /// A member of the tenant as it is now.
    func tenant(_ id: String, _ member: String) async throws -> JSONValue? {
        try await send(.get, "/v1/tenants/\(id)").expect(200)[member]
    }

    /// Puts tenants on a cell, each of one unit.
    func addTenants(_ ids: [String], on cell: String, _ more: JSONObject = [:]) async throws {
        for id in ids {
            var tenant = more
            tenant["cell"] = .string(cell)
            try await send(.put, "/v1/tenants/\(id)", .object(tenant)).expect(201)
        }
    }

    /// Loads, reservations and the audit chain add up.
    func expectSound(sourceLocation: SourceLocation = #_sourceLocation) throws {
        for (check, problems) in try controlPlane.store.problems() {
            #expect(problems.isEmpty, "\(check.rawValue)", sourceLocation: sourceLocation)
        }
    }
}

extension Answer {
    /// The blockers of a problem, as `kind/id`.
    var blockers: [String] {
        get throws { try json["blockers"]?.names ?? [] }
    }
}

extension JSONValue {
    /// Blockers as `kind/id`.
    var names: [String] {
        (array ?? []).map { "\($0["kind"]?.string ?? "")/\($0["id"]?.string ?? "")" }
    }
}
