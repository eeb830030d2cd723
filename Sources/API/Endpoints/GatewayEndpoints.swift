import ControlPlane
import HTTP
import JSON
import Registry

extension Endpoints {
    func listGateways(_ call: Call, _ request: Request) async throws -> Response {
        let (table, after) = (controlPlane.routing.current.tag, try call.cursor() ?? "")
        return try list(call) { limit in
            Array(controlPlane.gateways.views().drop { $0.record.id <= after }.prefix(limit))
        } shown: {
            .object(shown($0, beside: table))
        } key: {
            $0.record.id
        }
    }

    func getGateway(_ call: Call, _ request: Request) async throws -> Response {
        let id = try call.gatewayID(call.parameters[0])
        guard let view = controlPlane.gateways.view(of: id) else {
            throw RegistryError.missing("gateway", id)
        }
        return json(.object(shown(view, beside: controlPlane.routing.current.tag)))
    }

    /// Renews the lease; what the gateway says of itself is taken as it says it.
    func putGateway(_ call: Call, _ request: Request) async throws -> Response {
        let id = try call.gatewayID(call.parameters[0])
        let reader = try DocumentReader(try document(request, call))
        let applied = reader.parsed("applied", "must be a revision as an answer gave it", RevisionTag.init)
        let digest = reader.parsed("digest", "must be a SHA-256 in 64 digits of 0-9 and a-f") { text in
            text.utf8.count == 64 && text.utf8.allSatisfy("0123456789abcdef".utf8.contains) ? text : nil
        }
        let error = reader.string("error", bytesMax: Limits.healthMessageBytesMax)
        try reader.finish()
        let table = controlPlane.routing.current.tag
        if let applied, applied.isAhead(of: table) {
            throw RegistryError(
                .stateConflict, "'applied' is \(applied), and the routing table is at \(table).",
                nextSteps: ["GET /v1/routing-table, and report what was applied of it"])
        }
        if controlPlane.gateways.view(of: id) == nil {
            try await controlPlane.registerGateway(id, applied: applied)
        }
        guard let view = controlPlane.gateways.contact(id, applied: applied, digest: digest, error: error)
        else {
            throw RegistryError(
                .notFound, "The gateway '\(id)' was deregistered at this moment.",
                nextSteps: ["PUT /v1/gateways/\(id) again registers it anew"])
        }
        return json(.object(shown(view, beside: controlPlane.routing.current.tag)))
    }

    func deleteGateway(_ call: Call, _ request: Request) async throws -> Response {
        let id = try call.gatewayID(call.parameters[0])
        return try await write(call, request, isTagged: false) { try $0.deleteGateway(id) }
    }

    func getConvergence(_ call: Call, _ request: Request) async throws -> Response {
        let revision = try call.revision(
            call.parameters[0], named: "revision", reached: controlPlane.revision)
        // Gateways apply routing revisions: one that changed no routing is reached with the table before it.
        let tag = RevisionTag(controlPlane.incarnation, min(revision, controlPlane.routing.current.revision))
        let convergence = controlPlane.convergence(at: tag)
        let names = { (views: [GatewayView]) in JSONValue.array(views.map { .string($0.record.id) }) }
        return json([
            "revision": .string(RevisionTag(controlPlane.incarnation, revision).description),
            "converged": .bool(convergence.isConverged),
            "live": .integer(Int64(convergence.applied.count + convergence.waiting.count)),
            "applied": names(convergence.applied),
            "waiting": .array(
                convergence.waiting.map { view in
                    ["id": .string(view.record.id), "applied": Self.tag(view.record.applied)]
                }),
            "expired": names(convergence.expired),
        ])
    }

    private func shown(_ view: GatewayView, beside table: RevisionTag) -> JSONObject {
        [
            "id": .string(view.record.id), "applied": Self.tag(view.record.applied),
            "lag": view.lag(behind: table).map { .integer($0) } ?? .null,
            "live": .bool(view.isLive), "leaseExpiresAt": .string(view.leaseEndsAt.description),
            "lastContactAt": .string(view.record.contactAt.description),
            "registeredAt": .string(view.record.registeredAt.description),
            "digest": .string(view.record.digest),
            "error": .string(view.record.error),
        ]
    }

    private static func tag(_ tag: RevisionTag?) -> JSONValue { tag.map { .string($0.description) } ?? .null }
}

extension RevisionTag {
    /// True of a later revision of the same incarnation: nobody can have applied what was never published.
    func isAhead(of table: RevisionTag) -> Bool {
        incarnation == table.incarnation && revision > table.revision
    }
}
