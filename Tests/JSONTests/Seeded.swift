import JSON

/// A generator that repeats itself for a seed (SplitMix64), so that a failure can be run again.
struct Seeded: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A value at most `depth` deep. Names come from few letters, so that two values often share some.
    mutating func value(depth: Int, allowingNull: Bool = true) -> JSONValue {
        switch Int.random(in: 0..<(depth > 0 ? 8 : 5), using: &self) {
        case 0 where allowingNull: return .null
        case 0, 1: return .bool(Bool.random(using: &self))
        case 2: return .integer(Int64(bitPattern: next()) >> Int64.random(in: 0..<64, using: &self))
        case 3: return .number(double())
        case 4: return .string(string())
        case 5:
            let count = Int.random(in: 0..<5, using: &self)
            return .array((0..<count).map { _ in value(depth: depth - 1, allowingNull: allowingNull) })
        default: return .object(object(depth: depth, allowingNull: allowingNull))
        }
    }

    mutating func object(depth: Int, allowingNull: Bool = true) -> JSONObject {
        var object = JSONObject()
        for _ in 0..<Int.random(in: 0..<24, using: &self) {
            let key = String("abcdefghijklmnopqrstuvwxyz".randomElement(using: &self)!)
            object[key] = value(depth: depth - 1, allowingNull: allowingNull)
        }
        return object
    }

    private mutating func double() -> Double {
        while true {
            let value = Double(bitPattern: next())
            if value.isFinite { return value }
        }
    }

    private mutating func string() -> String {
        let pieces = [
            "a", "tenant", "\"", "\\", "\n", "\u{0}", "\u{1F}", "é", "店", "😀", "/", "\u{2028}", "\u{7F}",
        ]
        return (0..<Int.random(in: 0..<12, using: &self)).map { _ in pieces.randomElement(using: &self)! }
            .joined()
    }
}
