import ControlPlane
import HTTP
import JSON
import Registry

extension Endpoints {
    func listReleases(_ call: Call, _ request: Request) async throws -> Response {
        let after = try call.cursor()
        return try list(call) {
            try controlPlane.releases(Page(after: after, limit: $0))
        } shown: {
            .object($0.shown)
        } key: {
            $0.release.name.rawValue
        }
    }

    func getRelease(_ call: Call, _ request: Request) async throws -> Response {
        let name = try call.releaseName()
        guard let record = try controlPlane.release(name) else {
            throw RegistryError(
                .notFound, "There is no release '\(name)'.",
                nextSteps: ["GET /v1/releases lists them", "PUT /v1/releases/\(name) makes it"])
        }
        return resource(record.shown, at: record.revision)
    }

    func putRelease(_ call: Call, _ request: Request) async throws -> Response {
        let (name, document) = (try call.releaseName(), try document(request, call))
        return try await write(call, request, location: "/v1/releases/\(name)") {
            try $0.putRelease(name, document)
        }
    }

    func deleteRelease(_ call: Call, _ request: Request) async throws -> Response {
        let name = try call.releaseName()
        return try await write(call, request) { try $0.deleteRelease(name) }
    }

    func listCellServices(_ call: Call, _ request: Request) async throws -> Response {
        let cell = try call.cellID()
        guard let services = try controlPlane.services(of: cell) else {
            throw RegistryError(
                .notFound, "There is no cell '\(cell)'.", nextSteps: ["GET /v1/cells lists them"])
        }
        return json(["items": .array(services.map { .object($0.document) })])
    }
}

extension Call {
    /// The release that the path names.
    func releaseName() throws(RegistryError) -> ReleaseName {
        guard let name = ReleaseName(parameters[0]) else {
            throw invalid(
                "release", "A release's name is 1 to 63 letters, digits, '.', '_' and '-', as in v1.1.0.")
        }
        return name
    }
}
