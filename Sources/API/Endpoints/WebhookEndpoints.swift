import ControlPlane
import HTTP
import JSON
import Registry

extension Endpoints {
    func listWebhooks(_ call: Call, _ request: Request) async throws -> Response {
        let after = try call.cursor() ?? ""
        return try list(call) {
            try controlPlane.webhooks(after: after, limit: $0)
        } shown: {
            .object($0.shown)
        } key: {
            $0.webhook.name
        }
    }

    func getWebhook(_ call: Call, _ request: Request) async throws -> Response {
        let name = try call.webhookInPath()
        guard let record = try controlPlane.webhook(name) else { throw Self.noWebhook(name) }
        return resource(record.shown, at: record.revision)
    }

    func putWebhook(_ call: Call, _ request: Request) async throws -> Response {
        let name = try call.webhookInPath()
        let prepared = try controlPlane.prepare(webhook: name, try document(request, call))
        return try await write(call, request, location: "/v1/webhooks/\(name)") {
            try $0.putWebhook(prepared)
        }
    }

    func deleteWebhook(_ call: Call, _ request: Request) async throws -> Response {
        let name = try call.webhookInPath()
        return try await write(call, request, isTagged: false) { try $0.deleteWebhook(name) }
    }

    func pingWebhook(_ call: Call, _ request: Request) async throws -> Response {
        let (name, reason) = (try call.webhookInPath(), try reason(request, call))
        return try await write(call, request, reason: reason, isTagged: false) { try $0.pingWebhook(name) }
    }

    func listDeliveries(_ call: Call, _ request: Request) async throws -> Response {
        let name = try call.webhookInPath()
        let state: WebhookDelivery.State? = try call.choice("state")
        let before = try call.integer("cursor", in: 1...Call.revisionMax) ?? Int64.max
        return try list(call) { limit in
            guard
                let deliveries = try controlPlane.deliveries(
                    to: name, state: state, before: before, limit: limit)
            else { throw Self.noWebhook(name) }
            return deliveries
        } shown: {
            .object($0.shown)
        } key: {
            $0.id.revision.description
        }
    }

    func redeliver(_ call: Call, _ request: Request) async throws -> Response {
        let (name, reason) = (try call.webhookInPath(), try reason(request, call))
        guard let id = RevisionTag(call.parameters[1]) else {
            throw RegistryError(
                .notFound, "There is no delivery '\(call.parameters[1])' to the webhook '\(name)'.",
                nextSteps: ["GET /v1/webhooks/\(name)/deliveries lists those that are kept"])
        }
        return try await write(call, request, reason: reason, isTagged: false) {
            try $0.redeliver(id, to: name)
        }
    }

    private static func noWebhook(_ name: String) -> RegistryError {
        RegistryError(
            .notFound, "There is no webhook '\(name)'.", nextSteps: ["GET /v1/webhooks lists them"])
    }
}

extension Call {
    /// The webhook that the path names, or would name.
    fileprivate func webhookInPath() throws(RegistryError) -> String {
        guard WebhookRequest.isName(parameters[0]) else {
            throw invalid(
                "webhook",
                "A webhook's name is 1 to 63 letters, digits, '.', '_' and '-', and not '.' or '..'.")
        }
        return parameters[0]
    }
}
