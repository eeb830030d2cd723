import JSON

// A cell as JSON: what PUT takes, what the audit keeps, what GET shows (which adds the record's own fields).
extension Cell {
    /// - Parameters:
    ///   - id: the cell that the path names; nil where the document itself must name it (imports).
    ///   - current: what stands there now: its state, cordon and health are kept where the document leaves them out,
    ///     for they are changed by actions and reports, and a write of the rest must not undo those.
    /// - Throws: `invalidArgument` with every field that is wrong.
    public init(document: JSONValue, id: CellID?, replacing current: Cell? = nil) throws(RegistryError) {
        let reader = try DocumentReader(document)
        reader.ignore(
            "load", "tenants", "reserved", "incoming", "revision", "previousRevision", "createdAt",
            "updatedAt")
        let named = reader.parsed("id", Names.dnsLabelRule, CellID.init)
        let zone = reader.required(
            "zone", reader.parsed("zone", Names.wordRule) { Names.isWord($0) ? $0 : nil })
        let region = reader.parsed("region", Names.wordRule) { Names.isWord($0) ? $0 : nil }
        let state: CellState? = reader.choice("state")
        let schedulable = reader.bool("schedulable")
        let capacity = reader.integer("capacity", in: 0...Limits.unitsMax)
        let endpoints = reader.map(
            "endpoints", countMax: Limits.endpointsPerCellMax, keyRule: Names.dnsLabelRule,
            isKey: Names.isDNSLabel, valueRule: Names.addressRule
        ) { $0.string.flatMap { Names.isAddress($0) ? $0 : nil } }
        let labels = reader.labels("labels")
        let annotations = reader.annotations("annotations")
        let dataStores = reader.map(
            "dataStores", countMax: Limits.dataStoresPerCellMax, keyRule: Names.wordRule, isKey: Names.isWord,
            valueRule:
                "must be a list of at most \(Limits.addressesPerDataStoreMax) addresses, each host:port"
        ) { (value: JSONValue) -> [String]? in
            guard let list = value.array, list.count <= Limits.addressesPerDataStoreMax else { return nil }
            let addresses = list.compactMap(\.string).filter(Names.isAddress)
            return addresses.count == list.count ? addresses : nil
        }
        let images = reader.images("images")
        let health = reader.nested("health") { CellHealth(from: $0) }

        if let id, let named, id != named {
            reader.report("id", "must be '\(id)', as in the path, or be left out")
        }
        if id == nil, !reader.has("id") { reader.report("id", "is required") }
        try reader.finish()
        guard let id = id ?? named, let zone else {
            preconditionFailure("finish() throws where a required field is missing")
        }
        self.init(
            id: id, zone: zone, region: region, state: state ?? current?.state ?? .provisioning,
            schedulable: schedulable ?? current?.schedulable ?? true,
            capacity: capacity ?? 0, endpoints: endpoints ?? [:], labels: labels ?? [:],
            annotations: annotations ?? [:], dataStores: dataStores ?? [:], images: images ?? [:],
            health: health ?? current?.health ?? CellHealth())
    }

    /// The whole cell. Written canonically it is what the audit keeps, so empty parts are left out.
    public var document: JSONValue {
        var object: JSONObject = [
            "id": .string(id.rawValue), "zone": .string(zone), "region": .string(region),
            "state": .string(state.rawValue), "schedulable": .bool(schedulable),
            "capacity": .integer(capacity),
            "endpoints": .object(JSONObject(strings: endpoints)),
        ]
        if !labels.isEmpty { object["labels"] = .object(JSONObject(strings: labels)) }
        if !annotations.isEmpty { object["annotations"] = .object(JSONObject(strings: annotations)) }
        if !images.isEmpty { object["images"] = .object(JSONObject(strings: images)) }
        if !dataStores.isEmpty {
            object["dataStores"] = .object(
                JSONObject(sorted: dataStores.mapValues { .array($0.map { .string($0) }) }))
        }
        if health != CellHealth() { object["health"] = health.document }
        return .object(object)
    }
}

extension CellHealth {
    init(from reader: DocumentReader) {
        let status: Status? = reader.choice("status")
        self.init(
            status: status ?? .unknown,
            message: reader.string("message", bytesMax: Limits.healthMessageBytesMax) ?? "",
            observedAt: reader.timestamp("observedAt"))
    }

    var document: JSONValue {
        var object: JSONObject = ["status": .string(status.rawValue)]
        if !message.isEmpty { object["message"] = .string(message) }
        if let observedAt { object["observedAt"] = .string(observedAt.description) }
        return .object(object)
    }
}

extension CellRecord {
    /// What the API shows: the cell and what the store knows of it.
    public var shown: JSONObject {
        guard case .object(var object) = cell.document else { preconditionFailure("a document is an object") }
        object["load"] = .integer(load)
        object["tenants"] = .integer(tenants)
        if incoming > 0 {
            object["reserved"] = .integer(reserved)
            object["incoming"] = .integer(incoming)
        }
        object["revision"] = .integer(revision.rawValue)
        object["createdAt"] = .string(createdAt.description)
        object["updatedAt"] = .string(updatedAt.description)
        return object
    }
}

extension JSONObject {
    /// Members in the order of their names, so that the same map is always written the same.
    public init(strings: [String: String]) { self.init(sorted: strings.mapValues { .string($0) }) }

    init(sorted members: [String: JSONValue]) {
        self.init()
        for key in members.keys.sorted() { self[key] = members[key] }
    }
}
