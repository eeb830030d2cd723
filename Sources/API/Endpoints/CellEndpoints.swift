import ControlPlane
import HTTP
import JSON
import Registry

extension Endpoints {
    func listCells(_ call: Call, _ request: Request) async throws -> Response {
        let filter = CellFilter(
            zone: try call.word("zone"), state: try call.choice("state"),
            schedulable: try call.flag("schedulable"),
            labels: try call.labels())
        let after = try call.cursor()
        return try list(call) {
            try controlPlane.cells(filter, Page(after: after, limit: $0))
        } shown: {
            .object($0.shown)
        } key: {
            $0.cell.id.rawValue
        }
    }

    func getCell(_ call: Call, _ request: Request) async throws -> Response {
        let id = try call.cellID()
        guard let record = try controlPlane.cell(id) else {
            throw RegistryError.missing("cell", id)
        }
        return resource(record.shown, at: record.revision)
    }

    func putCell(_ call: Call, _ request: Request) async throws -> Response {
        let (id, document) = (try call.cellID(), try document(request, call))
        return try await write(call, request, location: "/v1/cells/\(id)") { try $0.putCell(id, document) }
    }

    func patchCell(_ call: Call, _ request: Request) async throws -> Response {
        let (id, patch) = (try call.cellID(), try document(request, call, also: .mergePatch))
        return try await write(call, request) { try $0.patchCell(id, patch) }
    }

    func deleteCell(_ call: Call, _ request: Request) async throws -> Response {
        let id = try call.cellID()
        return try await write(call, request, isTagged: false) { try $0.deleteCell(id) }
    }

    func activateCell(_ call: Call, _ request: Request) async throws -> Response {
        try await move(call, request, by: .activate)
    }

    func cordonCell(_ call: Call, _ request: Request) async throws -> Response {
        try await move(call, request, by: .cordon)
    }

    func uncordonCell(_ call: Call, _ request: Request) async throws -> Response {
        try await move(call, request, by: .uncordon)
    }

    func retireCell(_ call: Call, _ request: Request) async throws -> Response {
        try await move(call, request, by: .retire)
    }

    private func move(_ call: Call, _ request: Request, by event: CellEvent) async throws -> Response {
        let (id, reason) = (try call.cellID(), try reason(request, call))
        return try await write(call, request, reason: reason) { try $0.move(cell: id, by: event) }
    }
}
