import JSON

/// What a request for a drain says.
public struct DrainRequest: Sendable, Equatable {
    /// Nil: the placement policy chooses for each tenant.
    public var to: CellID?
    public var options: MigrationOptions

    /// What the operation keeps of it, beside the options.
    public var asked: JSONObject { to.map { ["to": .string($0.rawValue)] } ?? [:] }

    public init(document: JSONValue, cell: CellID) throws(RegistryError) {
        let reader = try DocumentReader(document)
        _ = reader.string("reason", bytesMax: Limits.reasonBytesMax)
        to = reader.parsed("to", Names.dnsLabelRule, CellID.init)
        options = MigrationOptions(from: reader)
        try reader.finish()
        guard to != cell else {
            throw RegistryError(
                .stateConflict, "The cell '\(cell)' can't be drained into itself.",
                errors: [FieldError("to", "can't be the cell that is drained")],
                nextSteps: ["leave 'to' out: the placement policy chooses for each tenant"])
        }
    }
}
