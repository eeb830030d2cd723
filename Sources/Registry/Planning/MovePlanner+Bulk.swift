// Many tenants of one load, without names: what a forecast asks for a million of them.
extension MovePlanner {
    /// Places tenants that ask nothing, each on the cell that is least used once it is there, as the policy does;
    /// where cells tie, on the first of them. Counts their load, and lists no moves.
    ///
    /// - Returns: how many found a place.
    mutating func fill(load: Int64, tenants: Int64) -> Int64 {
        var heap = CellHeap(
            cells: underway.indices.filter {
                underway[$0].state == .active && underway[$0].schedulable && underway[$0].dedicatedTo == nil
            }.map { ($0, underway[$0].load, underway[$0].capacity) }, load: load)
        var placed: Int64 = 0
        while placed < tenants, let cell = heap.take() {
            add(load, tenants: 1, to: cell)
            placed += 1
        }
        return placed
    }
}

/// The cells with room for one more tenant of a load, the one first that is least used with it.
private struct CellHeap {
    private struct Entry {
        var cell: Int
        /// With the next tenant on it.
        var share: Share

        func isBefore(_ other: Entry) -> Bool {
            let order = share.compared(to: other.share)
            return order == 0 ? cell < other.cell : order < 0
        }
    }

    private let load: Int64
    private var entries: [Entry]

    init(cells: [(cell: Int, load: Int64, capacity: Int64)], load: Int64) {
        self.load = load
        entries = cells.map {
            Entry(cell: $0.cell, share: Share(load: $0.load + load, capacity: $0.capacity))
        }
        .filter { $0.share.load <= $0.share.capacity }
        for position in entries.indices.prefix(entries.count / 2).reversed() { sink(position) }
    }

    /// The first cell, which then has the tenant.
    mutating func take() -> Int? {
        guard let first = entries.first else { return nil }
        entries[0].share.load += load
        if entries[0].share.load > entries[0].share.capacity {
            entries.swapAt(0, entries.count - 1)
            entries.removeLast()
        }
        sink(0)
        return first.cell
    }

    private mutating func sink(_ start: Int) {
        var position = start
        while true {
            let children = (2 * position + 1..<2 * position + 3).clamped(to: 0..<entries.count)
            guard let least = children.min(by: { entries[$0].isBefore(entries[$1]) }),
                entries[least].isBefore(entries[position])
            else { return }
            entries.swapAt(position, least)
            position = least
        }
    }
}
