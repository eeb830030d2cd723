import JSON

/// What a request for a rebalance says.
public struct RebalanceRequest: Sendable, Equatable {
    public var balance: RebalanceOptions
    public var options: MigrationOptions

    /// What the operation keeps of it, beside the options.
    public var asked: JSONObject {
        var object: JSONObject = [
            "band": .string(balance.band.description), "threshold": .string(balance.threshold.description),
            "maxMoves": .integer(balance.maxMoves),
        ]
        if !balance.zones.isEmpty {
            object["zones"] = .array(balance.zones.sorted().map { .string($0) })
        }
        return object
    }

    public init(document: JSONValue) throws(RegistryError) {
        let reader = try DocumentReader(document)
        _ = reader.string("reason", bytesMax: Limits.reasonBytesMax)
        // Who is pinned stays: that is what pins are for.
        options = MigrationOptions(from: reader, except: ["includePinned"])
        balance = RebalanceOptions(from: reader)
        try reader.finish()
    }
}
