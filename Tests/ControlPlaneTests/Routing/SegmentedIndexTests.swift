import TestRandom
import Testing

@testable import ControlPlane

@Suite struct SegmentedIndexTests {
    private static func key(_ number: Int) -> [UInt8] { Array("tenant-\(number)".utf8) }

    private static func contents(_ index: SegmentedIndex) -> [[UInt8]: [UInt8]] {
        var contents: [[UInt8]: [UInt8]] = [:]
        for segment in index.segments {
            segment.forEach { key, value in
                #expect(contents.updateValue(Array(value), forKey: Array(key)) == nil)
            }
        }
        return contents
    }

    @Test(
        "random changes give what a dictionary gives, and older copies stay as they were",
        arguments: SeededRandom.seeds)
    func likeADictionary(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var index = SegmentedIndex(seed: IndexSeed(random.next(), random.next()))
        var model: [[UInt8]: [UInt8]] = [:]
        var older: [(SegmentedIndex, [[UInt8]: [UInt8]])] = []
        for turn in 0..<60_000 {
            let key = Self.key(Int.random(in: 0..<20_000, using: &random))
            if random.isOne(in: 4) {
                let isRemoved = index.remove(key)
                #expect(isRemoved == (model.removeValue(forKey: key) != nil), "seed \(seed)")
            } else {
                let value = (0..<Int.random(in: 0...9, using: &random)).map { _ in
                    UInt8.random(in: 0...255, using: &random)
                }
                index.set(key, value)
                model[key] = value
            }
            if turn % 10_000 == 0 { older.append((index, model)) }
        }
        for (index, model) in older + [(index, model)] {
            #expect(index.count == model.count, "seed \(seed)")
            #expect(Self.contents(index) == model, "seed \(seed)")
            let wrong = (0..<20_000).filter { index.value(of: Self.key($0)) != model[Self.key($0)] }
            #expect(wrong.isEmpty, "seed \(seed)")
        }
    }

    @Test("a change to a copy touches one segment and shares all others")
    func sharing() {
        var index = SegmentedIndex()
        for number in 0..<50_000 { index.set(Self.key(number), [1]) }
        let before = index.segments
        let copy = index
        index.set(Self.key(77), [2])
        let changed = zip(before, index.segments).filter { $0 !== $1 }
        #expect(changed.count == 1)
        #expect(zip(before, copy.segments).allSatisfy { $0 === $1 })
        #expect(copy.value(of: Self.key(77)) == [1] && index.value(of: Self.key(77)) == [2])
    }

    @Test("removing what is not there copies nothing")
    func removingNothing() {
        var index = SegmentedIndex()
        for number in 0..<10_000 { index.set(Self.key(number), [1]) }
        let copy = index
        let isRemoved = index.remove(Self.key(10_000))
        #expect(!isRemoved)
        #expect(zip(copy.segments, index.segments).allSatisfy { $0 === $1 })
    }

    @Test("segments stay between half their maximum and it, however many keys there are")
    func evenSegments() {
        var index = SegmentedIndex()
        for number in 0..<200_000 {
            index.set(Self.key(number), [1])
            guard [20_000, 60_000, 199_999].contains(number) else { continue }
            let counts = index.segments.map(\.count)
            #expect(counts.max()! <= SegmentedIndex.segmentCountMax)
            #expect(counts.min()! > SegmentedIndex.segmentCountMax / 3)
        }
    }

    @Test("an index made for its keys ahead is divided no more")
    func capacity() {
        var index = SegmentedIndex(capacity: 100_000)
        let before = index.segments.count
        for number in 0..<100_000 { index.set(Self.key(number), [1, 2, 3]) }
        #expect(index.segments.count == before)
        #expect(Self.contents(index).count == 100_000)
    }

    @Test("the empty key, and one longer than any that is kept, are found nowhere")
    func strangeKeys() {
        var index = SegmentedIndex()
        index.set([1], [2])
        #expect(index.value(of: []) == nil)
        #expect(index.value(of: [UInt8](repeating: 1, count: 100_000)) == nil)
        #expect(index.value(of: [UInt8](repeating: 1, count: 257)) == nil)
    }

    @Test("an index that is emptied takes keys again")
    func emptied() {
        var index = SegmentedIndex()
        for number in 0..<30_000 { index.set(Self.key(number), [1]) }
        let removals = (0..<30_000).filter { index.remove(Self.key($0)) }
        #expect(removals.count == 30_000)
        #expect(index.count == 0 && Self.contents(index).isEmpty)
        for number in 0..<30_000 { index.set(Self.key(number), [2]) }
        #expect(index.count == 30_000 && index.value(of: Self.key(5)) == [2])
    }
}

extension SegmentedIndex {
    func value(of key: [UInt8]) -> [UInt8]? {
        key.withUnsafeBytes { withValue(of: $0) { Array($0) } }
    }

    mutating func set(_ key: [UInt8], _ value: [UInt8]) {
        key.withUnsafeBytes { key in value.withUnsafeBytes { set(key, $0) } }
    }

    mutating func remove(_ key: [UInt8]) -> Bool {
        key.withUnsafeBytes { remove($0) }
    }
}
