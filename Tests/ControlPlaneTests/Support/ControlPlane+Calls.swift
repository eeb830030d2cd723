import Bytes
import JSON
import Registry
import Store
import Testing

@testable import ControlPlane

/// How the tests ask for a change, as short as their sentences.
struct How: Sendable {
    var by = "tester"
    var operation = "test"
    var expecting = Expected.any
    var dryRun = false
    var plan: String?
    var key: IdempotencyKey?

    var request: ChangeRequest {
        ChangeRequest(
            context: ChangeContext(principal: Principal(name: by, role: .operator), operation: operation),
            expectation: expecting, dryRun: dryRun, plan: plan, idempotencyKey: key, location: "/there")
    }
}

extension ControlPlane {
    @discardableResult
    func change(
        _ how: How = How(), _ body: @escaping @Sendable (Change) throws -> Outcome
    ) async throws(RegistryError) -> Answer {
        try await change(how.request, body)
    }

    @discardableResult
    func put(cell name: String, _ document: JSONValue, _ how: How = How()) async throws(RegistryError)
        -> Answer
    {
        try await change(how.request) { try $0.putCell(CellID(name)!, document) }
    }

    @discardableResult
    func patch(cell name: String, _ patch: JSONValue, _ how: How = How()) async throws(RegistryError)
        -> Answer
    {
        try await change(how.request) { try $0.patchCell(CellID(name)!, patch) }
    }

    @discardableResult
    func move(cell name: String, _ event: CellEvent, _ how: How = How()) async throws(RegistryError) -> Answer
    {
        try await change(how.request) { try $0.move(cell: CellID(name)!, by: event) }
    }

    @discardableResult
    func delete(cell name: String, _ how: How = How()) async throws(RegistryError) -> Answer {
        try await change(how.request) { try $0.deleteCell(CellID(name)!) }
    }

    @discardableResult
    func put(tenant name: String, _ document: JSONValue = [:], _ how: How = How()) async throws(RegistryError)
        -> Answer
    {
        let spec = try TenantSpec(document: document, id: TenantID(name)!)
        return try await change(how.request) { try $0.putTenant(spec) }
    }

    @discardableResult
    func patch(tenant name: String, _ patch: JSONValue, _ how: How = How()) async throws(RegistryError)
        -> Answer
    {
        try await change(how.request) { try $0.patchTenant(TenantID(name)!, patch) }
    }

    @discardableResult
    func move(tenant name: String, _ event: TenantEvent, _ how: How = How()) async throws(RegistryError)
        -> Answer
    {
        try await change(how.request) { try $0.move(tenant: TenantID(name)!, by: event) }
    }

    @discardableResult
    func delete(tenant name: String, _ how: How = How()) async throws(RegistryError) -> Answer {
        try await change(how.request) { try $0.deleteTenant(TenantID(name)!) }
    }

    @discardableResult
    func revert(_ revision: Int64, _ how: How = How()) async throws(RegistryError) -> Answer {
        try await change(how.request) { try $0.revert(Revision(rawValue: revision)) }
    }

    /// Adds active cells `cell-1` …, in the zones a, b and c in turn.
    func addCells(_ count: Int, capacity: Int64 = 1000) async throws(RegistryError) {
        for number in 1...count {
            let zone = ["a", "b", "c"][(number - 1) % 3]
            try await put(
                cell: "cell-\(number)",
                ["zone": .string(zone), "state": "active", "capacity": .integer(capacity)])
        }
    }

    /// The number of the last committed change.
    var last: Int64 { revision.revision.rawValue }

    /// The routing table that gateways get now.
    var table: JSONValue {
        get throws { try JSONValue(parsing: routing.current.table(nil).bytes) }
    }

    func cell(named name: String) throws -> Cell? { try cell(CellID(name)!)?.cell }
    func tenant(named name: String) throws -> Tenant? { try tenant(TenantID(name)!)?.tenant }
}

extension Answer {
    var json: JSONValue {
        get throws { try JSONValue(parsing: body) }
    }
}

/// The error that the body ends with; nil where it ends well.
func refusal(_ body: () async throws -> Void) async -> RegistryError? {
    do {
        try await body()
        return nil
    } catch {
        return error as? RegistryError ?? RegistryError(.internalError, "\(error)")
    }
}

/// Expects that the body ends with this error, and gives it.
///
/// A function and not an `#expect` around a closure: Swift 6.3 takes a closure inside a macro for another one of the same
/// type beside it, where both stand in a closure.
@discardableResult
func refused(
    _ code: ErrorCode, _ location: SourceLocation = #_sourceLocation, _ body: () async throws -> Void
) async -> RegistryError? {
    let error = await refusal(body)
    #expect(error?.code == code, "\(String(describing: error))", sourceLocation: location)
    return error
}
