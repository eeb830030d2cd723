import JSON

/// What a request for a rebalance says.
public struct RebalanceRequest: Sendable, Equatable {
    public var balance: RebalanceOptions
    public var options: MigrationOptions

    public init(document: JSONValue) throws(RegistryError) {
        let reader = try DocumentReader(document)
        _ = reader.string("reason", bytesMax: Limits.reasonBytesMax)
        options = MigrationOptions(from: reader)
        balance = RebalanceOptions(from: reader)
        try reader.finish()
    }
}
