/// An immutable map from bytes to bytes that is cheap to change: what tenants and hosts are looked up in.
///
/// The model. A key's 64-bit hash is read from its highest bits on by a trie of `Branch`es, up to 16 ways each, which
/// ends in `Segment`s of up to 3,072 records; a segment finds the record by the hash's lowest bits. With 10 million
/// keys that is three branches, which stay in the processor's cache, and then three lines from memory: the segment,
/// the slot, the record.
///
/// The index is a value. A copy shares all of it; a change to a copy copies one segment (some 80 KB, by two
/// `memcpy`s) and the branches on the way to it, and shares the rest. So a reader keeps what it has for as long as it
/// likes, and never waits. What nothing else refers to is changed in place: that is how the first load of millions
/// is quick, and why a batch copies each segment once at most.
///
/// Segments are never merged: an index that shrinks keeps its shape, at some hundred bytes for each empty segment.
struct SegmentedIndex: Sendable {
    private(set) var count = 0
    private let seed: IndexSeed
    private var root: Branch

    /// Past it a segment is divided. It sets what one change copies, and what it makes the table compress anew.
    static let segmentCountMax = 3_072
    /// Bits of the hash that the trie may use; below it segments only grow. Reached by no real set of keys.
    static let depthMax = 40

    /// - Parameters:
    ///   - capacity: keys that will be set; segments are made for them ahead, so that none has to be divided.
    ///   - recordBytes: about the length of a key and its value together, and two.
    init(seed: IndexSeed = .process, capacity: Int = 0, recordBytes: Int = 32) {
        self.seed = seed
        var bits = 1
        while capacity >> bits > Self.segmentCountMax * 4 / 5 { bits += 1 }
        let count = capacity >> bits
        root = Self.tree(bits: bits) { Segment(seed: seed, count: count, bytes: count * recordBytes) }
    }

    // MARK: Reading

    /// What `body` makes of the key's value, nil if there is none. The bytes are valid during the call.
    @inline(__always)
    func withValue<Result>(
        of key: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Result
    ) -> Result? {
        guard key.count > 0 else { return nil }
        let hash = seed.hash(key)
        return withExtendedLifetime(root) {
            var rest = hash
            var node = root.child(root.index(of: rest))
            while !node._withUnsafeGuaranteedRef({ $0.isSegment }) {
                rest <<= UInt64(Branch.bitsMax)
                node = node._withUnsafeGuaranteedRef {
                    let branch = unsafeDowncast($0, to: Branch.self)
                    return branch.child(branch.index(of: rest))
                }
            }
            return node._withUnsafeGuaranteedRef {
                unsafeDowncast($0, to: Segment.self).value(of: key, hash: hash).map(body)
            }
        }
    }

    /// All of them, by the order of the hash.
    var segments: [Segment] {
        var segments: [Segment] = []
        func visit(_ branch: Branch) {
            for index in 0..<branch.width {
                let node = branch.child(index).takeUnretainedValue()
                if node.isSegment {
                    segments.append(unsafeDowncast(node, to: Segment.self))
                } else {
                    visit(unsafeDowncast(node, to: Branch.self))
                }
            }
        }
        visit(root)
        return segments
    }

    // MARK: Changing

    /// Neither `key` (1 to 255 bytes) nor `value` (up to 255) may lie in this index.
    mutating func set(_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
        let hash = seed.hash(key)
        let place = uniquePlace(of: hash, room: 2 + key.count + value.count)
        guard place.segment.set(key, value, hash: hash) else { return }
        count += 1
        if place.segment.count > Self.segmentCountMax, place.depth < Self.depthMax {
            place.branch.split(place.index, depth: place.depth)
        }
    }

    /// False if there was no such key; then nothing is copied.
    @discardableResult
    mutating func remove(_ key: UnsafeRawBufferPointer) -> Bool {
        guard withValue(of: key, { _ in true }) != nil else { return false }
        let hash = seed.hash(key)
        let isRemoved = uniquePlace(of: hash, room: 0).segment.remove(key, hash: hash)
        count -= 1
        return isRemoved
    }

    private struct Place {
        let branch: Branch
        let index: Int
        /// Bits used above `branch`.
        let depth: Int
        let segment: Segment
    }

    /// Where the hash belongs, all on the way to it referred to by this index alone.
    private mutating func uniquePlace(of hash: UInt64, room: Int) -> Place {
        if !isKnownUniquelyReferenced(&root) { root = root.copy() }
        var branch = root
        var depth = 0
        while true {
            let index = branch.index(of: hash << UInt64(depth))
            let node = branch.uniqueChild(index, room: room)
            if node.isSegment {
                let segment = unsafeDowncast(node, to: Segment.self)
                return Place(branch: branch, index: index, depth: depth, segment: segment)
            }
            branch = unsafeDowncast(node, to: Branch.self)
            depth += Branch.bitsMax
        }
    }

    /// A trie of two to the power of `bits` segments.
    private static func tree(bits: Int, _ segment: () -> Segment) -> Branch {
        Branch(widthBits: min(bits, Branch.bitsMax)) { _ in
            bits > Branch.bitsMax ? tree(bits: bits - Branch.bitsMax, segment) : segment()
        }
    }
}
