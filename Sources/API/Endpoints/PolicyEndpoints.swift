import ControlPlane
import HTTP
import JSON
import Registry

extension Endpoints {
    func getPolicies(_ call: Call, _ request: Request) async throws -> Response {
        guard let record = try controlPlane.policies() else {
            guard case .object(var shown) = SafetyPolicies().document else {
                preconditionFailure("a document is an object")
            }
            shown["revision"] = 0
            shown["updatedAt"] = .null
            return resource(shown, at: .zero)
        }
        return resource(record.shown, at: record.revision)
    }

    func putPolicies(_ call: Call, _ request: Request) async throws -> Response {
        let policies = try document(request, call)
        return try await write(call, request) { try $0.putPolicies(policies) }
    }

    /// The seal: the cell says how far it enforces its ownership feed.
    func putCellOwnership(_ call: Call, _ request: Request) async throws -> Response {
        let cell = try call.cellID()
        guard call.principal.role != .cell || call.principal.cell == cell else {
            throw RegistryError(
                .permissionDenied,
                "The token '\(call.principal.name)' speaks for another cell than '\(cell)'.")
        }
        let reader = try DocumentReader(try document(request, call))
        let applied = reader.required(
            "applied",
            reader.parsed("applied", "must be a revision, <incarnation>.<number>", RevisionTag.init))
        try reader.finish()
        guard let applied else { preconditionFailure("finish() throws where a required field is missing") }
        let lag = try controlPlane.acknowledgeOwnership(of: cell, applied)
        return json([
            "cell": .string(cell.rawValue), "applied": .string(applied.description), "lag": .integer(lag),
            "observedAt": .string(controlPlane.clock.now().description),
        ])
    }
}
