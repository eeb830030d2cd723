import JSON

/// What a tenant asks of the cell it is placed on. Nothing asked is the usual case.
public struct PlacementConstraints: Sendable, Equatable {
    /// One of these zones; empty: any.
    public var zones: [String]
    /// Every one of these labels, with that value.
    public var matchLabels: [String: String]
    /// No other tenant on the cell, now or later.
    public var dedicated: Bool
    /// Not beside these tenants: kept from both sides, whichever of the two is placed last.
    public var avoidTenants: [TenantID]
    public var avoidCells: [CellID]

    public init(
        zones: [String] = [], matchLabels: [String: String] = [:], dedicated: Bool = false,
        avoidTenants: [TenantID] = [], avoidCells: [CellID] = []
    ) {
        self.zones = zones
        self.matchLabels = matchLabels
        self.dedicated = dedicated
        self.avoidTenants = avoidTenants
        self.avoidCells = avoidCells
    }

    /// True for what most tenants have: no wish at all.
    public var asksNothing: Bool {
        !dedicated && zones.isEmpty && matchLabels.isEmpty && avoidTenants.isEmpty && avoidCells.isEmpty
    }

    public init(from reader: DocumentReader) {
        self.init(
            zones: reader.list("zones", countMax: Limits.placementZonesMax, Names.wordRule) {
                Names.isWord($0) ? $0 : nil
            } ?? [],
            matchLabels: reader.labels("matchLabels") ?? [:],
            dedicated: reader.bool("dedicated") ?? false,
            avoidTenants: reader.list(
                "avoidTenants", countMax: Limits.placementAvoidMax, Names.tenantIDRule, TenantID.init) ?? [],
            avoidCells: reader.list(
                "avoidCells", countMax: Limits.placementAvoidMax, Names.dnsLabelRule, CellID.init) ?? [])
    }

    public var document: JSONValue {
        var object = JSONObject()
        if !zones.isEmpty { object["zones"] = .array(zones.map { .string($0) }) }
        if !matchLabels.isEmpty { object["matchLabels"] = .object(JSONObject(strings: matchLabels)) }
        if dedicated { object["dedicated"] = true }
        if !avoidTenants.isEmpty {
            object["avoidTenants"] = .array(avoidTenants.map { .string($0.rawValue) })
        }
        if !avoidCells.isEmpty { object["avoidCells"] = .array(avoidCells.map { .string($0.rawValue) }) }
        return .object(object)
    }
}
