#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// A map from bytes to bytes in two blocks of memory.
///
/// The *arena* holds the records one after the other: the key's length, the value's length (a byte each), the key,
/// the value. The *slots* are an open-addressing table of 4 bytes each: 8 bits of the hash, so that a record is
/// seldom looked at in vain, and 24 bits of the record's offset plus one; 0 is an empty slot. At most three slots in
/// four are taken. A probe starts at the hash's lowest bits and goes on to the next slot; a removal closes the gap by
/// moving back those behind it, so that there are no tombstones. A record that is removed, or replaced by one with a
/// value of another length, stays in the arena as dead bytes; they are cleared out once they are a quarter of it.
struct RecordTable: ~Copyable {
    private(set) var count = 0

    private let seed: IndexSeed
    private var slots: UnsafeMutablePointer<UInt32>
    private var slotMask: Int
    private var arena: UnsafeMutableRawPointer
    private var arenaCapacity: Int
    private var arenaUsed = 0
    private var arenaDead = 0

    /// Lengths are kept in one byte.
    static let keyBytesMax = 255
    static let valueBytesMax = 255

    private static let offsetMask: UInt32 = 0x00FF_FFFF
    private static let tagMask: UInt32 = 0xFF00_0000

    /// An empty table with room for `count` records of `bytes` in all before it has to grow.
    init(seed: IndexSeed, count: Int = 0, bytes: Int = 0) {
        self.seed = seed
        let slotCount = Self.slotCount(for: count)
        slots = .allocate(capacity: slotCount)
        slots.initialize(repeating: 0, count: slotCount)
        slotMask = slotCount - 1
        arenaCapacity = max(bytes, 64)
        arena = Self.allocate(arenaCapacity)
    }

    /// The same records, with room for `room` more bytes of them, and without the dead ones where they are many.
    init(copying other: borrowing RecordTable, room: Int) {
        seed = other.seed
        count = other.count
        slots = .allocate(capacity: other.slotMask + 1)
        slots.initialize(from: other.slots, count: other.slotMask + 1)
        slotMask = other.slotMask
        arenaUsed = other.arenaUsed
        arenaDead = other.arenaDead
        arenaCapacity = other.arenaUsed + room
        arena = Self.allocate(arenaCapacity)
        arena.copyMemory(from: other.arena, byteCount: other.arenaUsed)
        if arenaDead * 4 > arenaUsed { rebuild(bytes: room) }
    }

    deinit {
        slots.deallocate()
        free(arena)
    }

    // MARK: Reading

    /// The value lies in the arena: it is valid until the table changes or goes.
    @inline(__always)
    func value(of key: UnsafeRawBufferPointer, hash: UInt64) -> UnsafeRawBufferPointer? {
        guard let slot = slot(of: key, hash: hash) else { return nil }
        return record(at: Self.offset(slots[slot])).value
    }

    /// In no particular order; the bytes are valid during the call.
    @inline(__always)
    func forEach(_ body: (_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Void) {
        for slot in 0...slotMask where slots[slot] != 0 {
            let record = record(at: Self.offset(slots[slot]))
            body(record.key, record.value)
        }
    }

    /// What the two blocks take.
    var footprintBytes: Int { arenaCapacity + (slotMask + 1) * MemoryLayout<UInt32>.stride }

    // MARK: Changing

    /// True if the key is new. Neither `key` nor `value` may lie in this table.
    @inline(__always)
    mutating func set(_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer, hash: UInt64) -> Bool {
        precondition((1...Self.keyBytesMax).contains(key.count) && value.count <= Self.valueBytesMax)
        if let slot = slot(of: key, hash: hash) {
            let old = record(at: Self.offset(slots[slot]))
            if old.value.count == value.count {
                if let start = value.baseAddress {
                    UnsafeMutableRawPointer(mutating: old.value.baseAddress!)
                        .copyMemory(from: start, byteCount: value.count)
                }
                return false
            }
        }
        makeRoom(bytes: 2 + key.count + value.count)
        if let slot = slot(of: key, hash: hash) {
            arenaDead += record(at: Self.offset(slots[slot])).bytes
            slots[slot] = Self.entry(hash, append(key, value))
            return false
        }
        slots[emptySlot(hash)] = Self.entry(hash, append(key, value))
        count += 1
        return true
    }

    /// False if there was no such key.
    mutating func remove(_ key: UnsafeRawBufferPointer, hash: UInt64) -> Bool {
        guard let slot = slot(of: key, hash: hash) else { return false }
        arenaDead += record(at: Self.offset(slots[slot])).bytes
        count -= 1
        var gap = slot
        var next = (slot + 1) & slotMask
        while slots[next] != 0 {
            let home = Int(truncatingIfNeeded: seed.hash(record(at: Self.offset(slots[next])).key)) & slotMask
            // Behind the gap on its way from home: it may move back, and leaves the gap where it was.
            if (next - home) & slotMask >= (next - gap) & slotMask {
                slots[gap] = slots[next]
                gap = next
            }
            next = (next + 1) & slotMask
        }
        slots[gap] = 0
        return true
    }

    // MARK: Slots and records

    @inline(__always)
    private func slot(of key: UnsafeRawBufferPointer, hash: UInt64) -> Int? {
        let tag = UInt32(truncatingIfNeeded: hash) & Self.tagMask
        var slot = Int(truncatingIfNeeded: hash) & slotMask
        while slots[slot] != 0 {
            if slots[slot] & Self.tagMask == tag, record(at: Self.offset(slots[slot])).hasKey(key) {
                return slot
            }
            slot = (slot + 1) & slotMask
        }
        return nil
    }

    @inline(__always)
    private func emptySlot(_ hash: UInt64) -> Int {
        var slot = Int(truncatingIfNeeded: hash) & slotMask
        while slots[slot] != 0 { slot = (slot + 1) & slotMask }
        return slot
    }

    @inline(__always)
    private mutating func append(_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Int {
        let offset = arenaUsed
        let start = arena + offset
        start.storeBytes(of: UInt8(key.count), as: UInt8.self)
        start.storeBytes(of: UInt8(value.count), toByteOffset: 1, as: UInt8.self)
        (start + 2).copyMemory(from: key.baseAddress!, byteCount: key.count)
        if let bytes = value.baseAddress {
            (start + 2 + key.count).copyMemory(from: bytes, byteCount: value.count)
        }
        arenaUsed += 2 + key.count + value.count
        return offset
    }

    /// Makes sure of a free slot and of `bytes` in the arena.
    @inline(__always)
    private mutating func makeRoom(bytes: Int) {
        let isFull = (count + 1) * 4 > (slotMask + 1) * 3
        if isFull || (arenaUsed + bytes > arenaCapacity && arenaDead * 4 > arenaUsed) {
            rebuild(bytes: bytes)
        } else if arenaUsed + bytes > arenaCapacity {
            // An eighth at a time: it is spare room in each of thousands of segments.
            arenaCapacity = arenaUsed + bytes + arenaUsed / 8
            arena = Self.grown(arena, arenaCapacity)
        }
    }

    /// Slots that fit the count, and an arena without dead bytes and with room for `bytes` more.
    private mutating func rebuild(bytes: Int) {
        let live = arenaUsed - arenaDead
        var fresh = RecordTable(seed: seed, count: count + 1, bytes: live + bytes + live / 8)
        forEach { key, value in
            let hash = seed.hash(key)
            fresh.slots[fresh.emptySlot(hash)] = Self.entry(hash, fresh.append(key, value))
        }
        fresh.count = count
        self = fresh
    }

    @inline(__always)
    private func record(at offset: Int) -> Record {
        Record(start: UnsafeRawPointer(arena + offset))
    }

    private struct Record {
        let start: UnsafeRawPointer

        private var keyBytes: Int { Int(start.load(as: UInt8.self)) }
        private var valueBytes: Int { Int(start.load(fromByteOffset: 1, as: UInt8.self)) }
        var bytes: Int { 2 + keyBytes + valueBytes }
        var key: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: start + 2, count: keyBytes) }
        var value: UnsafeRawBufferPointer {
            UnsafeRawBufferPointer(start: start + 2 + keyBytes, count: valueBytes)
        }

        @inline(__always)
        func hasKey(_ other: UnsafeRawBufferPointer) -> Bool {
            keyBytes == other.count && memcmp(start + 2, other.baseAddress!, other.count) == 0
        }
    }

    @inline(__always)
    private static func entry(_ hash: UInt64, _ offset: Int) -> UInt32 {
        precondition(offset < Int(offsetMask))
        return UInt32(truncatingIfNeeded: hash) & tagMask | UInt32(truncatingIfNeeded: offset + 1)
    }

    @inline(__always)
    private static func offset(_ entry: UInt32) -> Int {
        Int(entry & offsetMask) - 1
    }

    /// The smallest power of two of which `count` are three quarters at most.
    private static func slotCount(for count: Int) -> Int {
        var slots = 8
        while count * 4 > slots * 3 { slots *= 2 }
        return slots
    }

    private static func allocate(_ bytes: Int) -> UnsafeMutableRawPointer {
        guard let start = malloc(bytes) else { preconditionFailure("out of memory") }
        return start
    }

    private static func grown(_ start: UnsafeMutableRawPointer, _ bytes: Int) -> UnsafeMutableRawPointer {
        guard let start = realloc(start, bytes) else { preconditionFailure("out of memory") }
        return start
    }
}
