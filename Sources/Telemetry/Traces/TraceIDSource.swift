import Synchronization

/// Random numbers for ids and for sampling, without a lock or a system call: each gateway request may draw one.
///
/// SplitMix64 (Steele, Lea, Flood 2014) over an atomic counter. The start is the system's randomness, so that no two
/// processes give the same ids; nothing here is a secret.
final class TraceIDSource: Sendable {
    private let state = Atomic<UInt64>(UInt64.random(in: .min ... .max))
    /// A second word of the system's, since the counter's 64 bits are too few for a trace id's 128.
    private let mask = UInt64.random(in: .min ... .max)

    func next() -> UInt64 {
        var word = state.wrappingAdd(0x9E37_79B9_7F4A_7C15, ordering: .relaxed).newValue
        word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
        return word ^ word >> 31
    }

    func traceID() -> TraceID { TraceID(high: next() ^ mask, low: nextButZero()) }

    func spanID() -> SpanID { SpanID(rawValue: nextButZero()) }

    private func nextButZero() -> UInt64 {
        let word = next()
        return word == 0 ? nextButZero() : word
    }
}
