import JSON

/// What a request for a tenant migration says.
public struct MigrationRequest: Sendable, Equatable {
    public var tenants: [TenantID]
    /// Every tenant of the cell; with `labels`, only those that carry them.
    public var from: CellID?
    public var labels: [String: String]
    /// Nil: the placement policy chooses for each.
    public var to: CellID?
    public var options: MigrationOptions

    /// What the operation keeps of it, beside the options; the tenants are the operation's own list.
    public var asked: JSONObject {
        var object = JSONObject()
        if let from { object["from"] = .string(from.rawValue) }
        if let to { object["to"] = .string(to.rawValue) }
        if !labels.isEmpty {
            object["selector"] = [
                "labels": .object(JSONObject(uniqueMembers: labels.map { ($0.key, .string($0.value)) }))
            ]
        }
        return object
    }

    /// - Parameter single: for the one tenant that the path names.
    /// - Throws: `invalidArgument` with every field that is wrong.
    public init(document: JSONValue, single: TenantID? = nil) throws(RegistryError) {
        let reader = try DocumentReader(document)
        _ = reader.string("reason", bytesMax: Limits.reasonBytesMax)
        to = reader.parsed("to", Names.dnsLabelRule, CellID.init)
        options = MigrationOptions(from: reader, except: single == nil ? [] : ["includePinned"])
        if let single {
            (tenants, from, labels) = ([single], nil, [:])
        } else {
            tenants =
                reader.list(
                    "tenants", countMax: Limits.tenantsPerRequestMax, Names.tenantIDRule, TenantID.init)
                ?? []
            let named = reader.parsed("from", Names.dnsLabelRule, CellID.init)
            let selected = reader.nested("selector") { inside in
                (
                    cell: inside.parsed("cell", Names.dnsLabelRule, CellID.init),
                    labels: inside.labels("labels") ?? [:]
                )
            }
            from = named ?? selected?.cell
            labels = selected?.labels ?? [:]
            if let named, let cell = selected?.cell, cell != named {
                reader.report("selector.cell", "must be '\(named)', as 'from' has it, or be left out")
            }
            if reader.has("tenants") == (reader.has("from") || reader.has("selector")) {
                reader.report("tenants", "must be given, or else 'from' or a 'selector': one of the two")
            } else if reader.has("tenants"), tenants.isEmpty {
                reader.report("tenants", "must name at least one tenant")
            } else if !reader.has("tenants"), from == nil, labels.isEmpty {
                reader.report("selector", "must name a cell or labels")
            }
        }
        try reader.finish()
        if let to, to == from {
            throw RegistryError(
                .stateConflict, "The tenants are on the cell '\(to)' already.",
                errors: [FieldError("to", "is where the tenants are already")],
                nextSteps: ["name another cell, or leave 'to' out: the placement policy chooses"])
        }
    }
}
