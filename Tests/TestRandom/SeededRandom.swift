/// Random numbers that a seed repeats (SplitMix64). Tests name their seed where they fail.
public struct SeededRandom: RandomNumberGenerator, Sendable {
    @usableFromInline var state: UInt64

    @inlinable
    public init(seed: UInt64) { state = seed }

    // Inlined: a simulation asks it millions of times.
    @inlinable
    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// True one time in `count`.
    public mutating func isOne(in count: Int) -> Bool { Int.random(in: 0..<count, using: &self) == 0 }

    /// The seeds of a repeated test: three that stay, and a new one each run.
    public static let seeds: [UInt64] = [1, 2, 3, .random(in: 4...UInt64.max)]
}
