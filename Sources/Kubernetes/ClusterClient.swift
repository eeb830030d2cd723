import HTTPClient
import JSON

/// Calls a cluster's API server. Each call blocks its thread until it is answered; any number of threads may call.
///
/// Nothing is tried again here, and nothing is remembered: whoever steps, decides.
public final class ClusterClient: Sendable {
    /// Whose writes these are, in the objects' `managedFields`.
    public static let fieldManager = "titan-control-plane"

    public let access: ClusterAccess
    let client: HTTPClient

    public init(_ access: ClusterAccess) {
        self.access = access
        client = access.client
    }

    /// Objects nest deeper than requests do, by their `managedFields`.
    static let limits = JSONLimits(depthMax: 128)

    /// What version the API server is of; any role may ask.
    public func version() throws(KubernetesError) -> String {
        try call("GET", "/version")["gitVersion"]?.string ?? "unknown"
    }

    /// As it is stored, not as some cache has it.
    public func get(_ name: String, in resource: Resource) throws(KubernetesError) -> JSONValue {
        try call("GET", resource.path(of: name))
    }

    /// All that match, page by page, as they were at one moment.
    ///
    /// - Parameter labels: a label selector; nil: all.
    /// - Throws: `gone` where they change so fast, or come so slowly, that the moment is past.
    public func list(
        _ resource: Resource, labels: String? = nil, pageItems: Int = 250
    ) throws(KubernetesError) -> (items: [JSONValue], resourceVersion: String) {
        var items: [JSONValue] = []
        var next: String?
        repeat {
            let page = try call(
                "GET", resource.path,
                query: [("limit", "\(pageItems)"), ("labelSelector", labels), ("continue", next)])
            guard let found = page["items"]?.array else {
                throw .unavailable("The API server sent no list.", retryAfter: nil)
            }
            items += found
            next = page["metadata"]?["continue"]?.string
            if next?.isEmpty != false {
                return (items, page["metadata"]?["resourceVersion"]?.string ?? "")
            }
        } while true
    }

    /// A strategic merge: members replace, null removes, and a pod's containers are told apart by their names. One that
    /// names a container which is not there *adds* it: so name the `resourceVersion` that was read.
    ///
    /// - Returns: the object after it.
    /// - Throws: `conflict` where the patch names a `resourceVersion` or a `uid` that is no more.
    public func patch(
        _ name: String, in resource: Resource, _ patch: JSONValue
    ) throws(KubernetesError) -> JSONValue {
        try call(
            "PATCH", resource.path(of: name), query: [("fieldManager", Self.fieldManager)],
            contentType: "application/strategic-merge-patch+json", body: patch)
    }

    /// Asks for its end, with the grace that the object has for it.
    public func delete(
        _ name: String, in resource: Resource, _ preconditions: Preconditions
    ) throws(KubernetesError) {
        _ = try call(
            "DELETE", resource.path(of: name), contentType: "application/json",
            body: [
                "kind": "DeleteOptions", "apiVersion": "v1",
                "preconditions": [
                    "uid": .string(preconditions.uid),
                    "resourceVersion": .string(preconditions.resourceVersion),
                ],
            ])
    }

    // MARK: One call

    private func call(
        _ method: String, _ path: String, query: [(String, String?)] = [], contentType: String? = nil,
        body: JSONValue? = nil
    ) throws(KubernetesError) -> JSONValue {
        let request = try request(method, path, query, contentType, body)
        let response: ClientResponse
        do throws(ClientError) {
            response = try client.send(request)
        } catch {
            throw KubernetesError(error)
        }
        guard response.isSuccess else { throw KubernetesError(response) }
        do throws(JSONError) {
            return try JSONValue(parsing: response.body, limits: Self.limits)
        } catch {
            throw .unavailable("The API server's answer is no JSON: \(error)", retryAfter: nil)
        }
    }

    func request(
        _ method: String, _ path: String, _ query: [(String, String?)], _ contentType: String? = nil,
        _ body: JSONValue? = nil
    ) throws(KubernetesError) -> ClientRequest {
        let given = query.compactMap { name, value in value.map { "\(name)=\(Resource.encoded($0))" } }
        var fields = [(name: "Accept", value: "application/json")]
        if let token = try access.bearerToken() { fields.append(("Authorization", "Bearer \(token)")) }
        if let contentType { fields.append(("Content-Type", contentType)) }
        return ClientRequest(
            method, access.server + path + (given.isEmpty ? "" : "?" + given.joined(separator: "&")),
            fields: fields, body: body.map { .bytes($0.encoded()) } ?? .none)
    }
}
