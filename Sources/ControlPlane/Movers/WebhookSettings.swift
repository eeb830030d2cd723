import HTTPClient
import Registry

/// What the operator of this server has said of webhooks: never part of a request, nor of the database.
public struct WebhookSettings: Sendable {
    static let allowOption = "--webhook-allow HOST[:PORT] when the server is started"

    /// Nil: no webhook is called.
    public let secret: WebhookSecret?
    let allow: [AllowedDestination]

    /// - Parameter allow: `HOST[:PORT]`, with a name, an address or a network for the host.
    /// - Throws: `invalidArgument` with the entry that is none.
    public init(secret: WebhookSecret? = nil, allow: [String] = []) throws(RegistryError) {
        guard allow.count <= Limits.webhookAllowedMax else {
            throw RegistryError(
                .invalidArgument,
                "There are \(allow.count) entries in the allow list of webhooks; \(Limits.webhookAllowedMax) are possible."
            )
        }
        var entries: [AllowedDestination] = []
        for text in allow {
            guard let entry = AllowedDestination(text) else {
                throw RegistryError(
                    .invalidArgument,
                    "'\(text)' can't be allowed to webhooks: write copier.titan.internal, 10.1.2.3, 10.1.0.0/16 or [fd00::7], and :PORT behind it for one port alone."
                )
            }
            entries.append(entry)
        }
        self.init(secret, entries)
    }

    /// No secret, and so no webhooks.
    public static let none = WebhookSettings(nil, [])

    private init(_ secret: WebhookSecret?, _ allow: [AllowedDestination]) {
        self.secret = secret
        self.allow = allow
    }

    var destinations: DestinationPolicy { .publicOnly(allow: allow) }

    /// Whether this server can call the mover, as far as that shows without asking DNS. What it can't show is checked
    /// when the connection is made.
    ///
    /// - Parameter field: the request's, for the errors.
    /// - Throws: `stateConflict`, for another server might take it; with the setting that is missing.
    public func check(_ spec: MoverSpec, field: String = "mover") throws(RegistryError) {
        guard case .webhook(let url) = spec else { return }
        _ = try signing(for: "\(field).type", "can't be webhook")
        try check(url, field: "\(field).url")
    }

    /// What calls are signed with.
    ///
    /// - Throws: `stateConflict` where this server has none.
    func signing(for field: String, _ consequence: String) throws(RegistryError) -> WebhookSecret {
        guard let secret else {
            throw Self.refusal(
                field, "\(consequence): this server has no secret to sign calls with",
                "Start the server with --webhook-secret-file FILE.")
        }
        return secret
    }

    /// - Throws: `stateConflict` with the setting that would allow the URL.
    func check(_ url: String, field: String) throws(RegistryError) {
        let destination: Destination
        do throws(ClientError) {
            destination = try Destination(url)
        } catch {
            throw Self.refusal(field, "can't be called", error.message)
        }
        guard destinations.mayAllow(destination) else {
            let message =
                destination.isPlain
                ? "may use plain http only for a destination on this server's allow list, and \(destination) is not there"
                : "leads to \(destination), which is not on the public internet nor on this server's allow list"
            throw Self.refusal(
                field, message, "If it is meant, start the server with --webhook-allow \(destination)")
        }
    }

    private static func refusal(_ field: String, _ message: String, _ nextStep: String) -> RegistryError {
        RegistryError(
            .stateConflict, "The field '\(field)' \(message).", errors: [FieldError(field, message)],
            nextSteps: [nextStep])
    }

    /// A client that goes where webhooks may, and nowhere else.
    var client: HTTPClient {
        var client = ClientConfiguration()
        // The policy allows it to the operator's own destinations alone.
        client.allowsPlainHTTP = true
        client.destinations = destinations
        client.responseBytesMax = Limits.webhookAnswerBytesMax
        client.fieldsBytesMax = 16 << 10
        return HTTPClient(client)
    }
}
