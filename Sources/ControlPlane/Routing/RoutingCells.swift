import Registry

/// Stands for a cell in the records of tenants. Valid in the snapshots of one lineage of builders; given in the order
/// in which cells are first named, and never given again, even when the cell is gone.
public struct CellOrdinal: RawRepresentable, Hashable, Sendable {
    public let rawValue: UInt32

    public init(rawValue: UInt32) { self.rawValue = rawValue }
}

/// The cells of a snapshot, by name and by ordinal. A value; some thousands of them at most.
struct RoutingCells: Sendable {
    private var entries: [CellEntry] = []
    private var ordinals: [CellID: CellOrdinal] = [:]
    /// The members of `cells` in the table.
    private(set) var table = TableText("")
    /// How many are in the table, those gone not counted.
    private(set) var count = 0

    subscript(ordinal: CellOrdinal) -> CellEntry { entries[Int(ordinal.rawValue)] }

    func ordinal(of id: CellID) -> CellOrdinal? { ordinals[id] }

    /// Those in the table, in the order in which they came.
    var present: some Sequence<CellEntry> { entries.lazy.filter { $0.cell != nil } }

    /// The ordinal of `id`, which is given one if it was never named before.
    mutating func ordinalNaming(_ id: CellID) -> CellOrdinal {
        if let ordinal = ordinals[id] { return ordinal }
        let ordinal = CellOrdinal(rawValue: UInt32(entries.count))
        entries.append(CellEntry(id: id, cell: nil))
        ordinals[id] = ordinal
        return ordinal
    }

    /// Nil takes the cell out of the table; its ordinal stays.
    mutating func set(_ ordinal: CellOrdinal, to cell: RoutedCell?) {
        let before = self[ordinal]
        count += (cell == nil ? 0 : 1) - (before.cell == nil ? 0 : 1)
        entries[Int(ordinal.rawValue)] = CellEntry(id: before.id, cell: cell)
        table = TableText { [entries] in
            var bytes: [UInt8] = []
            for entry in entries where entry.cell != nil {
                bytes.separate()
                entry.appendMember(to: &bytes)
            }
            return bytes
        }
    }
}
