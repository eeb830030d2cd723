import JSON

// A tenant as JSON: what PUT takes, what the audit keeps, what GET shows (which adds the record's own fields).
extension TenantSpec {
    /// - Parameter id: the tenant that the path names; nil where the document itself must name it (imports).
    /// - Throws: `invalidArgument` with every field that is wrong.
    public init(document: JSONValue, id: TenantID?) throws(RegistryError) {
        let reader = try DocumentReader(document)
        reader.ignore("revision", "previousRevision", "createdAt", "updatedAt")
        let named = reader.parsed("id", Names.tenantIDRule, TenantID.init)
        let hosts = reader.list("hosts", countMax: Limits.hostsPerTenantMax, Host.rule, Host.normalised)
        let load = reader.integer("load", in: 0...Limits.unitsMax)
        let cell = reader.parsed("cell", Names.dnsLabelRule, CellID.init)
        let epoch = reader.integer("epoch", in: 1...Int64.max)
        let state: TenantState? = reader.choice("state")
        let pinned = reader.bool("pinned")
        let placement = reader.nested("placement") { PlacementConstraints(from: $0) }
        let labels = reader.labels("labels")

        if let id, let named, id != named {
            reader.report("id", "must be '\(id)', as in the path, or be left out")
        }
        if id == nil, !reader.has("id") { reader.report("id", "is required") }
        try reader.finish()
        guard let id = id ?? named else {
            preconditionFailure("finish() throws where a required field is missing")
        }
        self.init(
            id: id, hosts: hosts ?? [], load: load ?? 1, cell: cell, epoch: epoch.map(Epoch.init(rawValue:)),
            state: state, pinned: pinned ?? false, placement: placement ?? PlacementConstraints(),
            labels: labels ?? [:])
    }
}

extension Tenant {
    /// The whole tenant. Written canonically it is what the audit keeps, so what is as usual is left out.
    public var document: JSONValue {
        var object: JSONObject = [
            "id": .string(id.rawValue), "cell": .string(cell.rawValue), "epoch": .integer(epoch.rawValue),
            "state": .string(state.rawValue), "load": .integer(load),
            "hosts": .array(hosts.map { .string($0) }),
        ]
        if pinned { object["pinned"] = true }
        if placement != PlacementConstraints() { object["placement"] = placement.document }
        if !labels.isEmpty { object["labels"] = .object(JSONObject(strings: labels)) }
        return .object(object)
    }

    /// Takes back what `document` wrote.
    public init(stored document: JSONValue) throws(RegistryError) {
        let spec = try TenantSpec(document: document, id: nil)
        guard let cell = spec.cell, let epoch = spec.epoch, let state = spec.state else {
            throw RegistryError(.internalError, "A kept tenant has no cell, epoch or state.")
        }
        self.init(
            id: spec.id, hosts: spec.hosts, load: spec.load, cell: cell, epoch: epoch, state: state,
            pinned: spec.pinned, placement: spec.placement, labels: spec.labels)
    }
}

extension TenantRecord {
    /// What the API shows: the tenant and what the store knows of it.
    public var shown: JSONObject {
        guard case .object(var object) = tenant.document else {
            preconditionFailure("a document is an object")
        }
        object["pinned"] = .bool(tenant.pinned)
        object["revision"] = .integer(revision.rawValue)
        object["createdAt"] = .string(createdAt.description)
        object["updatedAt"] = .string(updatedAt.description)
        return object
    }
}
