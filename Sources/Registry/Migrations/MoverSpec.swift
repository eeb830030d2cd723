import JSON

/// Who copies the tenants' data from cell to cell.
public enum MoverSpec: Sendable, Equatable {
    /// Nobody: the cells share their data tier.
    case none
    /// The operator's copier, called at each phase.
    case webhook(url: String)

    private enum Kind: String, CaseIterable {
        case none
        case webhook
    }

    /// Reads `{"type": "none"}` or `{"type": "webhook", "url": "https://…"}`. What is wrong goes to the reader; nil
    /// then, and where the field is absent.
    ///
    /// Whether this server may call the URL is not known here: that is asked of its settings.
    public init?(from reader: DocumentReader, _ key: String) {
        let spec = reader.nested(key) { inside -> MoverSpec? in
            let type: Kind? = inside.required("type", inside.choice("type"))
            let url = inside.string("url", bytesMax: Limits.webhookURLBytesMax)
            if let flaw = url.flatMap(WebhookURL.flaw) { inside.report("url", flaw) }
            if inside.has("secret") {
                inside.ignore("secret")
                inside.report(
                    "secret", "is this server's own setting and never part of a request; leave it out")
            }
            switch type {
            case .webhook: return inside.required("url", url).map { .webhook(url: $0) }
            case .some(.none):
                if inside.has("url") { inside.report("url", "belongs to the type webhook; leave it out") }
                return MoverSpec.none
            case nil: return nil
            }
        }
        guard let spec = spec ?? nil else { return nil }
        self = spec
    }

    public var document: JSONValue {
        switch self {
        case .none: ["type": "none"]
        case .webhook(let url): ["type": "webhook", "url": .string(url)]
        }
    }
}
