/// A leaf of a `SegmentedIndex`: some thousands of records, and what was made of them for the routing table.
///
/// Not synchronised: an index changes a segment only where nothing else refers to it, and copies it otherwise. Once
/// it is shared it never changes, but for `part`, which locks.
final class Segment: IndexNode, @unchecked Sendable {
    private let seed: IndexSeed
    @exclusivity(unchecked)
    private var records: RecordTable
    /// This segment's share of the routing table, as JSON and compressed. Void again after each change.
    @exclusivity(unchecked)
    private(set) var part = TablePart()

    /// An empty segment with room for `count` records of `bytes` in all before it has to grow.
    init(seed: IndexSeed, count: Int = 0, bytes: Int = 0) {
        self.seed = seed
        records = RecordTable(seed: seed, count: count, bytes: bytes)
        super.init(isSegment: true)
    }

    private init(copying other: Segment, room: Int) {
        seed = other.seed
        records = RecordTable(copying: other.records, room: room)
        super.init(isSegment: true)
    }

    /// The same records, with room for `room` more bytes of them.
    func copy(room: Int) -> Segment { Segment(copying: self, room: room) }

    var count: Int { records.count }
    var footprintBytes: Int { records.footprintBytes }

    /// The value is valid until the segment changes or goes.
    @inline(__always)
    func value(of key: UnsafeRawBufferPointer, hash: UInt64) -> UnsafeRawBufferPointer? {
        records.value(of: key, hash: hash)
    }

    /// In no particular order; the bytes are valid during the call.
    @inline(__always)
    func forEach(_ body: (_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Void) {
        records.forEach(body)
    }

    /// True if the key is new. Neither `key` nor `value` may lie in this segment.
    func set(_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer, hash: UInt64) -> Bool {
        part = TablePart()
        return records.set(key, value, hash: hash)
    }

    /// False if there was no such key.
    func remove(_ key: UnsafeRawBufferPointer, hash: UInt64) -> Bool {
        part = TablePart()
        return records.remove(key, hash: hash)
    }

    /// The two halves of the records: those whose hash has the `bit`-th highest bit clear, and those that have it set.
    func split(bit: Int) -> (Segment, Segment) {
        let room = (count: count / 2, bytes: footprintBytes / 2)
        let clear = Segment(seed: seed, count: room.count, bytes: room.bytes)
        let set = Segment(seed: seed, count: room.count, bytes: room.bytes)
        forEach { key, value in
            let hash = seed.hash(key)
            _ = ((hash << bit) >> 63 == 0 ? clear : set).set(key, value, hash: hash)
        }
        return (clear, set)
    }
}
