import Testing

@testable import ControlPlane

@Suite struct IndexSeedTests {
    private func hash(_ text: String, _ seed: IndexSeed) -> UInt64 {
        Array(text.utf8).withUnsafeBytes { seed.hash($0) }
    }

    @Test("equal keys have equal hashes, and other seeds give others")
    func seeds() {
        for length in 0...80 {
            let key = String(repeating: "x", count: length)
            #expect(hash(key, IndexSeed(1, 2)) == hash(key, IndexSeed(1, 2)))
            #expect(hash(key, IndexSeed(1, 2)) != hash(key, IndexSeed(3, 4)))
        }
    }

    @Test("each byte of a key of any length counts")
    func everyByte() {
        let seed = IndexSeed(0x1234_5678_9ABC_DEF1, 0xFEDC_BA98_7654_3211)
        for length in 1...80 {
            let key = [UInt8](repeating: 7, count: length)
            let plain = key.withUnsafeBytes { seed.hash($0) }
            for index in key.indices {
                var other = key
                other[index] ^= 1
                #expect(other.withUnsafeBytes { seed.hash($0) } != plain, "byte \(index) of \(length)")
            }
        }
    }

    @Test("names that differ by a number spread evenly over the highest and the lowest bits")
    func evenness() {
        let seed = IndexSeed.process
        var high = [Int](repeating: 0, count: 256)
        var low = high
        for number in 0..<256_000 {
            let hash = hash("tenant-\(number)", seed)
            high[Int(hash >> 56)] += 1
            low[Int(hash & 0xFF)] += 1
        }
        // A thousand each, and six standard deviations.
        for count in high + low { #expect(abs(count - 1_000) < 190) }
    }
}
