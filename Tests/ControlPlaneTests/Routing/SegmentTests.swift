import Testing

@testable import ControlPlane

@Suite struct SegmentTests {
    private let seed = IndexSeed(11, 13)

    private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    private func set(_ key: [UInt8], _ value: [UInt8], in segment: Segment, hash: UInt64? = nil) -> Bool {
        key.withUnsafeBytes { key in
            value.withUnsafeBytes { segment.set(key, $0, hash: hash ?? seed.hash(key)) }
        }
    }

    private func value(of key: [UInt8], in segment: Segment, hash: UInt64? = nil) -> [UInt8]? {
        key.withUnsafeBytes { key in segment.value(of: key, hash: hash ?? seed.hash(key)).map { Array($0) } }
    }

    private func remove(_ key: [UInt8], from segment: Segment) -> Bool {
        key.withUnsafeBytes { segment.remove($0, hash: seed.hash($0)) }
    }

    @Test("keys of one and the same hash are told apart")
    func collisions() {
        let segment = Segment(seed: seed)
        for number in 0..<20 { #expect(set(bytes("k\(number)"), [UInt8(number)], in: segment, hash: 42)) }
        // The slots grew on the way, by the true hash: only what fitted the first eight is where it was put.
        let few = Segment(seed: seed, count: 20)
        for number in 0..<20 { #expect(set(bytes("k\(number)"), [UInt8(number)], in: few, hash: 42)) }
        for number in 0..<20 {
            #expect(value(of: bytes("k\(number)"), in: few, hash: 42) == [UInt8(number)])
        }
        #expect(value(of: bytes("k20"), in: few, hash: 42) == nil)
        #expect(segment.count == 20 && few.count == 20)
    }

    @Test("the longest keys and values and the empty value are kept")
    func lengths() {
        let segment = Segment(seed: seed)
        let key = [UInt8](repeating: 1, count: Segment.keyBytesMax)
        let value = [UInt8](repeating: 2, count: Segment.valueBytesMax)
        #expect(set(key, value, in: segment))
        #expect(set([9], [], in: segment))
        #expect(self.value(of: key, in: segment) == value)
        #expect(self.value(of: [9], in: segment) == [])
    }

    @Test("a removal leaves every other key where it is found")
    func removal() {
        for removed in 0..<600 where removed % 7 == 0 {
            let segment = Segment(seed: seed, count: 600)
            for number in 0..<600 { _ = set(bytes("k\(number)"), bytes("v\(number)"), in: segment) }
            #expect(remove(bytes("k\(removed)"), from: segment))
            #expect(!remove(bytes("k\(removed)"), from: segment))
            #expect(segment.count == 599)
            let wrong = (0..<600).filter {
                value(of: bytes("k\($0)"), in: segment) != ($0 == removed ? nil : bytes("v\($0)"))
            }
            #expect(wrong.isEmpty)
        }
    }

    @Test("copies that change for ever do not grow: dead bytes are cleared out")
    func deadBytes() {
        var segment = Segment(seed: seed)
        for number in 0..<100 { _ = set(bytes("key-\(number)"), bytes("value"), in: segment) }
        let fresh = segment.footprintBytes
        for turn in 0..<5_000 {
            let copy = segment.copy(room: 300)
            let value = [UInt8](repeating: 3, count: turn % 2 == 0 ? 5 : 6)
            #expect(!set(bytes("key-\(turn % 100)"), value, in: copy))
            segment = copy
        }
        #expect(segment.count == 100)
        #expect(segment.footprintBytes < 2 * fresh + 1_000)
    }

    @Test("a copy does not change with the original, nor the original with the copy")
    func copies() {
        let segment = Segment(seed: seed)
        _ = set(bytes("a"), bytes("1"), in: segment)
        let copy = segment.copy(room: 0)
        _ = set(bytes("a"), bytes("2"), in: copy)
        _ = set(bytes("b"), bytes("3"), in: segment)
        #expect(value(of: bytes("a"), in: segment) == bytes("1"))
        #expect(value(of: bytes("a"), in: copy) == bytes("2"))
        #expect(value(of: bytes("b"), in: copy) == nil)
    }

    @Test("a split puts each record on the side that the bit of its hash says")
    func split() {
        let segment = Segment(seed: seed)
        for number in 0..<500 { _ = set(bytes("k\(number)"), bytes("v\(number)"), in: segment) }
        let (clear, set) = segment.split(bit: 3)
        #expect(clear.count + set.count == 500)
        for (half, bit) in [(clear, UInt64(0)), (set, 1)] {
            half.forEach { key, _ in #expect((seed.hash(key) >> 60) & 1 == bit) }
        }
    }

    @Test("a change voids the JSON that was kept of the segment")
    func partIsVoided() {
        let segment = Segment(seed: seed)
        _ = set(bytes("a"), bytes("1"), in: segment)
        #expect(segment.part.json { [1] } == [1])
        #expect(segment.part.json { [2] } == [1])
        _ = set(bytes("a"), bytes("2"), in: segment)
        #expect(segment.part.json { [2] } == [2])
        #expect(remove(bytes("a"), from: segment))
        #expect(segment.part.json { [3] } == [3])
    }
}
