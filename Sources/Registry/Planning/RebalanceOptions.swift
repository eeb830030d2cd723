import JSON

/// What a rebalance may do, and when it is not worth its moves.
public struct RebalanceOptions: Sendable, Equatable {
    /// How far from the mean utilisation a cell may be, in percentage points.
    public var band: Percentage
    /// Nothing moves unless the largest deviation among the cells that the plan touches falls by this much.
    public var threshold: Percentage
    public var maxMoves: Int64
    /// The zones that take part; empty: all.
    public var zones: Set<String>
    public var excludedCells: Set<CellID>
    public var excludedTenants: Set<TenantID>

    public init(
        band: Percentage = Percentage(basisPoints: 500)!,
        threshold: Percentage = Percentage(basisPoints: 100)!,
        maxMoves: Int64 = 1000, zones: Set<String> = [], excludedCells: Set<CellID> = [],
        excludedTenants: Set<TenantID> = []
    ) {
        self.band = band
        self.threshold = threshold
        self.maxMoves = maxMoves
        self.zones = zones
        self.excludedCells = excludedCells
        self.excludedTenants = excludedTenants
    }

    /// `{"band":"5%","threshold":"1%","maxMoves":1000,"zones":[],"exclude":{"cells":[],"tenants":[]}}`, all optional;
    /// the reader is finished by its owner.
    public init(from reader: DocumentReader) {
        let usual = RebalanceOptions()
        let excluded = reader.nested("exclude") { exclude in
            (
                cells: exclude.list(
                    "cells", countMax: Limits.excludedMax, Names.dnsLabelRule, CellID.init) ?? [],
                tenants: exclude.list(
                    "tenants", countMax: Limits.excludedMax, Names.tenantIDRule, TenantID.init) ?? []
            )
        }
        self.init(
            band: reader.parsed("band", Percentage.rule, Percentage.init) ?? usual.band,
            threshold: reader.parsed("threshold", Percentage.rule, Percentage.init) ?? usual.threshold,
            maxMoves: reader.integer("maxMoves", in: 1...Limits.rebalanceMovesMax) ?? usual.maxMoves,
            zones: Set(
                reader.list("zones", countMax: Limits.placementZonesMax, Names.wordRule) {
                    Names.isWord($0) ? $0 : nil
                } ?? []),
            excludedCells: Set(excluded?.cells ?? []), excludedTenants: Set(excluded?.tenants ?? []))
    }
}
