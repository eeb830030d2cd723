/// Load of a capacity, in units: what two cells, or two zones, are compared by.
struct Share: Sendable {
    var load: Int64
    var capacity: Int64

    static func += (share: inout Share, other: Share) {
        share.load += other.load
        share.capacity += other.capacity
    }

    static func -= (share: inout Share, other: Share) {
        share.load -= other.load
        share.capacity -= other.capacity
    }

    /// The utilisations' order without division: negative, zero or positive. A capacity of 0 counts as full.
    func compared(to other: Share) -> Int {
        if capacity == other.capacity, capacity > 0 {
            return load < other.load ? -1 : load > other.load ? 1 : 0
        }
        guard capacity > 0, other.capacity > 0 else {
            return (capacity > 0 ? 0 : 1) - (other.capacity > 0 ? 0 : 1)
        }
        let left = load.multipliedFullWidth(by: other.capacity)
        let right = other.load.multipliedFullWidth(by: capacity)
        if left.high != right.high { return left.high < right.high ? -1 : 1 }
        return left.low < right.low ? -1 : (left.low > right.low ? 1 : 0)
    }
}
