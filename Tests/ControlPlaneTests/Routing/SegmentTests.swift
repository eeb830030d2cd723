import Testing

@testable import ControlPlane

@Suite struct SegmentTests {
    private let seed = IndexSeed(11, 13)

    private func segment(of count: Int) -> Segment {
        let segment = Segment(seed: seed)
        for number in 0..<count { set("k\(number)", "v\(number)", in: segment) }
        return segment
    }

    private func set(_ key: String, _ value: String, in segment: Segment) {
        Array(key.utf8).withUnsafeBytes { key in
            Array(value.utf8).withUnsafeBytes { _ = segment.set(key, $0, hash: seed.hash(key)) }
        }
    }

    private func value(of key: String, in segment: Segment) -> String? {
        Array(key.utf8).withUnsafeBytes { key in
            segment.value(of: key, hash: seed.hash(key)).map { String(decoding: $0, as: UTF8.self) }
        }
    }

    @Test("a copy does not change with the original, nor the original with the copy")
    func copies() {
        let segment = segment(of: 10)
        let copy = segment.copy(room: 0)
        set("k0", "other", in: copy)
        set("new", "new", in: segment)
        #expect(value(of: "k0", in: segment) == "v0" && value(of: "k0", in: copy) == "other")
        #expect(value(of: "new", in: copy) == nil && segment.count == 11 && copy.count == 10)
    }

    @Test("a split puts each record on the side that the bit of its hash says")
    func split() {
        for bit in [0, 3, 20] {
            let (clear, set) = segment(of: 500).split(bit: bit)
            #expect(clear.count + set.count == 500 && clear.count > 150 && set.count > 150)
            for (half, value) in [(clear, UInt64(0)), (set, 1)] {
                half.forEach { key, _ in #expect((seed.hash(key) >> UInt64(63 - bit)) & 1 == value) }
            }
        }
    }

    @Test("a change voids what was made of the segment for the table, and a copy has none of it")
    func partIsVoided() {
        let segment = segment(of: 1)
        #expect(segment.part.json { [1] } == [1])
        #expect(segment.part.json { [2] } == [1])
        #expect(segment.copy(room: 0).part.json { [3] } == [3])
        set("k0", "w0", in: segment)
        #expect(segment.part.json { [4] } == [4])
        let isRemoved = Array("k0".utf8).withUnsafeBytes { segment.remove($0, hash: seed.hash($0)) }
        #expect(isRemoved)
        #expect(segment.part.json { [5] } == [5])
    }
}
