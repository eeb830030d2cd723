import ControlPlane
import HTTP
import JSON
import Registry

extension Endpoints {
    func listZones(_ call: Call, _ request: Request) async throws -> Response {
        json(["items": .array(try controlPlane.zones())])
    }

    func evacuateZone(_ call: Call, _ request: Request) async throws -> Response {
        let zone = try call.zone()
        let evacuation = try EvacuationRequest(document: try document(request, call))
        return try await start(call, request, evacuation.options) { try $0.evacuate(zone: zone, evacuation) }
    }

    func restoreZone(_ call: Call, _ request: Request) async throws -> Response {
        let zone = try call.zone()
        let restoration = try RestorationRequest(document: try optionalDocument(request, call))
        return try await start(call, request, restoration.options) { try $0.restore(zone: zone, restoration) }
    }

    func getCapacity(_ call: Call, _ request: Request) async throws -> Response {
        json(try controlPlane.capacity())
    }
}

extension Call {
    /// The zone that the path names.
    func zone() throws(RegistryError) -> String {
        guard DocumentReader.isWord(parameters[0]) else {
            throw invalid("zone", "The path names no valid zone: 1 to 63 letters, digits, '.', '_' and '-'.")
        }
        return parameters[0]
    }
}
