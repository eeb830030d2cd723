/// The secret under which keys are hashed: tenants' names come from outside, and whoever could foresee the hash
/// could fill one segment with all of theirs.
///
/// The hash folds 128-bit products, 16 bytes a step (the construction of wyhash). It is quick and spreads evenly in
/// all 64 bits, on which the trie (highest bits) and the slots (lowest bits) rely; it is no cryptographic hash.
struct IndexSeed: Sendable {
    private let first: UInt64
    private let second: UInt64

    init(_ first: UInt64, _ second: UInt64) {
        // The products need factors of many bits.
        self.first = first ^ 0x9E37_79B9_7F4A_7C15
        self.second = second ^ 0xD1B5_4A32_D192_ED03
    }

    /// Drawn once a process.
    static let process = IndexSeed(.random(in: .min ... .max), .random(in: .min ... .max))

    @inline(__always)
    func hash(_ key: UnsafeRawBufferPointer) -> UInt64 {
        let count = key.count
        var state = first
        let head: UInt64
        let tail: UInt64
        if count >= 16 {
            var offset = 0
            while offset + 16 < count {
                state = Self.fold(Self.eight(key, offset) ^ second, Self.eight(key, offset + 8) ^ state)
                offset += 16
            }
            head = Self.eight(key, count - 16)
            tail = Self.eight(key, count - 8)
        } else if count >= 8 {
            head = Self.eight(key, 0)
            tail = Self.eight(key, count - 8)
        } else if count >= 4 {
            head = UInt64(key.loadUnaligned(fromByteOffset: 0, as: UInt32.self))
            tail = UInt64(key.loadUnaligned(fromByteOffset: count - 4, as: UInt32.self))
        } else if count > 0 {
            head = UInt64(key[0]) << 16 | UInt64(key[count / 2]) << 8 | UInt64(key[count - 1])
            tail = 0
        } else {
            head = 0
            tail = 0
        }
        return Self.fold(Self.fold(head ^ second, tail ^ state) ^ first, UInt64(count) ^ second)
    }

    @inline(__always)
    private static func eight(_ key: UnsafeRawBufferPointer, _ offset: Int) -> UInt64 {
        key.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
    }

    @inline(__always)
    private static func fold(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let product = a.multipliedFullWidth(by: b)
        return product.high ^ product.low
    }
}
