import JSON

/// What a request for an evacuation says. How long it is to last must be decided when it begins.
public struct EvacuationRequest: Sendable, Equatable {
    /// Nil: until somebody restores the zone.
    public var expiresIn: Duration?
    public var options: MigrationOptions

    /// What the operation keeps of it, beside the options.
    public var asked: JSONObject {
        expiresIn.map { ["expiresIn": .string($0.go)] } ?? ["until": "restored"]
    }

    public init(document: JSONValue) throws(RegistryError) {
        let reader = try DocumentReader(document)
        _ = reader.string("reason", bytesMax: Limits.reasonBytesMax)
        expiresIn = reader.duration("expiresIn", in: Limits.evacuations)
        let until = reader.parsed("until", "must be 'restored'") { $0 == "restored" ? $0 : nil }
        options = MigrationOptions(from: reader)
        if reader.has("expiresIn") == reader.has("until") {
            reader.report(
                "expiresIn",
                "must say how long the evacuation is to last, or else \"until\": \"restored\": one of the two"
            )
        }
        _ = until
        try reader.finish()
    }
}
