import ControlPlane
import HTTP
import JSON
import Registry

extension Endpoints {
    func listTokens(_ call: Call, _ request: Request) async throws -> Response {
        let (tokens, after) = (try controlPlane.tokenRecords(), try call.cursor() ?? "")
        return try list(call) { limit in
            Array(tokens.drop { $0.principal.name <= after }.prefix(limit))
        } shown: {
            .object($0.shown)
        } key: {
            $0.principal.name
        }
    }

    func createToken(_ call: Call, _ request: Request) async throws -> Response {
        let token = try TokenRequest(document: try document(request, call))
        return try await write(call, request, location: "/v1/tokens/\(token.name)") {
            try $0.createToken(token)
        }
    }

    func deleteToken(_ call: Call, _ request: Request) async throws -> Response {
        let name = call.parameters[0]
        return try await write(call, request, isTagged: false) { try $0.deleteToken(name) }
    }
}
