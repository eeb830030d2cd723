import Testing

@testable import ControlPlane

@Suite struct RecordTableTests {
    private let seed = IndexSeed(11, 13)

    private func key(_ number: Int) -> [UInt8] { Array("key-\(number)".utf8) }

    private func table(of count: Int) -> RecordTable {
        var table = RecordTable(seed: seed)
        for number in 0..<count { _ = table.set(key(number), [UInt8(number % 256)], seed) }
        return table
    }

    @Test("keys of one and the same hash are told apart")
    func collisions() {
        // Room ahead, for a table that grows places its records anew by their true hash.
        var table = RecordTable(seed: seed, count: 20, bytes: 1_000)
        for number in 0..<20 {
            let isNew = table.set(key(number), [UInt8(number)], hash: 42)
            #expect(isNew)
        }
        for number in 0..<20 { #expect(table.value(of: key(number), hash: 42) == [UInt8(number)]) }
        #expect(table.value(of: key(20), hash: 42) == nil)
        #expect(table.count == 20)
    }

    @Test("setting a key anew replaces its value by one as long, shorter, longer, empty")
    func replacing() {
        var table = table(of: 3)
        for value in [[1], [1, 2, 3], [4], [], [5, 6]] as [[UInt8]] {
            let isNew = table.set(key(1), value, seed)
            #expect(!isNew && table.count == 3)
            #expect(table.value(of: key(1), seed) == value)
            #expect(table.value(of: key(0), seed) == [0] && table.value(of: key(2), seed) == [2])
        }
    }

    @Test("the longest keys and values are kept")
    func lengths() {
        var table = RecordTable(seed: seed)
        let key = [UInt8](repeating: 1, count: RecordTable.keyBytesMax)
        let value = [UInt8](repeating: 2, count: RecordTable.valueBytesMax)
        _ = table.set(key, value, seed)
        #expect(table.value(of: key, seed) == value)
        #expect(table.value(of: Array(key.dropLast()), seed) == nil)
    }

    @Test("a removal leaves every other key where it is found")
    func removal() {
        for removed in stride(from: 0, to: 380, by: 7) {
            // As full as it gets: the runs of taken slots that a removal must close are long.
            var table = RecordTable(seed: seed, count: 380, bytes: 10)
            for number in 0..<380 { _ = table.set(key(number), [UInt8(number % 256)], seed) }
            let wasThere = table.remove(key(removed), seed)
            let isStillThere = table.remove(key(removed), seed)
            #expect(wasThere && !isStillThere && table.count == 379)
            var wrong: [Int] = []
            for number in 0..<380 {
                let expected: [UInt8]? = number == removed ? nil : [UInt8(number % 256)]
                if table.value(of: key(number), seed) != expected { wrong.append(number) }
            }
            #expect(wrong.isEmpty)
        }
    }

    @Test("copies that change for ever do not grow: dead bytes are cleared out")
    func deadBytes() {
        let fresh = table(of: 100)
        var table = RecordTable(copying: fresh, room: 0)
        for turn in 0..<5_000 {
            var copy = RecordTable(copying: table, room: 300)
            _ = copy.set(key(turn % 100), [UInt8](repeating: 3, count: turn % 2 == 0 ? 5 : 6), seed)
            table = copy
        }
        #expect(table.count == 100)
        #expect(table.footprintBytes < 2 * fresh.footprintBytes + 1_000)
    }

    @Test("a table that changes in place for ever does not grow either")
    func deadBytesInPlace() {
        var table = table(of: 100)
        let fresh = table.footprintBytes
        for turn in 0..<5_000 {
            _ = table.remove(key(turn % 100), seed)
            _ = table.set(key(turn % 100), [UInt8](repeating: 3, count: turn % 7), seed)
        }
        #expect(table.count == 100)
        #expect(table.footprintBytes < 2 * fresh)
    }

    @Test("a copy does not change with the original, nor the original with the copy")
    func copies() {
        var table = table(of: 2)
        var copy = RecordTable(copying: table, room: 0)
        _ = copy.set(key(0), [9], seed)
        _ = table.set(key(7), [7], seed)
        #expect(table.value(of: key(0), seed) == [0] && copy.value(of: key(0), seed) == [9])
        #expect(copy.value(of: key(7), seed) == nil)
    }

    @Test("each record is visited once")
    func forEach() {
        let table = table(of: 1_000)
        var seen: Set<[UInt8]> = []
        table.forEach { key, _ in #expect(seen.insert(Array(key)).inserted) }
        #expect(seen == Set((0..<1_000).map { key($0) }))
    }
}

extension RecordTable {
    func value(of key: [UInt8], hash: UInt64) -> [UInt8]? {
        key.withUnsafeBytes { value(of: $0, hash: hash).map { Array($0) } }
    }

    func value(of key: [UInt8], _ seed: IndexSeed) -> [UInt8]? {
        value(of: key, hash: key.withUnsafeBytes { seed.hash($0) })
    }

    mutating func set(_ key: [UInt8], _ value: [UInt8], hash: UInt64) -> Bool {
        key.withUnsafeBytes { key in value.withUnsafeBytes { set(key, $0, hash: hash) } }
    }

    mutating func set(_ key: [UInt8], _ value: [UInt8], _ seed: IndexSeed) -> Bool {
        set(key, value, hash: key.withUnsafeBytes { seed.hash($0) })
    }

    mutating func remove(_ key: [UInt8], _ seed: IndexSeed) -> Bool {
        key.withUnsafeBytes { remove($0, hash: seed.hash($0)) }
    }
}
