import JSON

/// What `:hold` and `:release` take.
public struct HoldRequest: Sendable, Equatable {
    public var reason: String
    /// Whose holds are taken off; nil: everybody's.
    public var by: String?

    /// - Throws: `invalidArgument` where it does not say why.
    public init(holding document: JSONValue) throws(RegistryError) {
        let reader = try DocumentReader(document)
        let reason = reader.required("reason", reader.reason("reason"))
        try reader.finish()
        self.reason = reason ?? ""
    }

    /// - Throws: `invalidArgument` with every field that is wrong.
    public init(releasing document: JSONValue) throws(RegistryError) {
        let reader = try DocumentReader(document)
        let reason = reader.string("reason", bytesMax: Limits.reasonBytesMax)
        by = reader.parsed("by", Names.wordRule) { Names.isWord($0) ? $0 : nil }
        try reader.finish()
        self.reason = reason ?? ""
    }
}
