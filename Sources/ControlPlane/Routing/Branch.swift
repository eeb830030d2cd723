/// An inner node of a `SegmentedIndex`: 2, 4, 8 or 16 children, chosen by the next bits of the hash.
///
/// A branch grows by doubling: each of its segments is split in two. Because the hash is even they are all nearly full
/// when the first of them is, and so the segments of an index are of about one size. Once it has 16 children, a segment
/// that overflows becomes a branch of its own. So only a branch of 16 has branches below it.
///
/// The children are counted by hand (`Unmanaged`): a lookup that retained and released each node on its way would
/// write to memory that all threads read.
final class Branch: IndexNode, @unchecked Sendable {
    /// 1 to 4: two to the power of it is how many children there are.
    private var widthBits: Int
    @exclusivity(unchecked)
    private var children: InlineArray<16, Unmanaged<IndexNode>?>

    static let bitsMax = 4

    /// A branch of two to the power of `widthBits` children.
    init(widthBits: Int, child: (_ index: Int) -> IndexNode) {
        self.widthBits = widthBits
        children = InlineArray(repeating: nil)
        for index in 0..<(1 << widthBits) { children[index] = .passRetained(child(index)) }
        super.init(isSegment: false)
    }

    private init(copying other: Branch) {
        widthBits = other.widthBits
        children = other.children
        super.init(isSegment: false)
        for index in 0..<width { _ = children[index]?.retain() }
    }

    deinit {
        for index in 0..<width { children[index]?.release() }
    }

    func copy() -> Branch { Branch(copying: self) }

    var width: Int { 1 << widthBits }

    /// `hash` without the bits that were used above this branch.
    @inline(__always)
    func index(of hash: UInt64) -> Int {
        Int(truncatingIfNeeded: hash &>> UInt64(64 &- widthBits))
    }

    /// Not retained: valid while this branch holds it.
    @inline(__always)
    func child(_ index: Int) -> Unmanaged<IndexNode> {
        children[index]!
    }

    /// The child, copied first if anything else refers to it. `room` is what a segment's copy has left for new records.
    func uniqueChild(_ index: Int, room: Int) -> IndexNode {
        var node = children[index]!.takeRetainedValue()
        if !isKnownUniquelyReferenced(&node) {
            node =
                node.isSegment
                ? unsafeDowncast(node, to: Segment.self).copy(room: room)
                : unsafeDowncast(node, to: Branch.self).copy()
        }
        children[index] = .passRetained(node)
        return node
    }

    /// Divides the segment `index`, which is over its maximum, and with it all the others of a branch not yet full.
    ///
    /// - Parameter depth: how many bits of the hash were used above this branch.
    func split(_ index: Int, depth: Int) {
        if widthBits == Self.bitsMax {
            let segment = unsafeDowncast(children[index]!.takeRetainedValue(), to: Segment.self)
            let (clear, set) = segment.split(bit: depth + widthBits)
            children[index] = .passRetained(Branch(widthBits: 1) { $0 == 0 ? clear : set })
            return
        }
        for index in (0..<width).reversed() {
            let segment = unsafeDowncast(children[index]!.takeRetainedValue(), to: Segment.self)
            let (clear, set) = segment.split(bit: depth + widthBits)
            children[2 * index] = .passRetained(clear)
            children[2 * index + 1] = .passRetained(set)
        }
        widthBits += 1
    }
}
