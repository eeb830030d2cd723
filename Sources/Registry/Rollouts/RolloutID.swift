/// A rollout's name: `rollout-` and twelve random characters, `rollout-k3v7q2mzt5xa`.
///
/// Random, because a restored backup must not give an old name to new work.
public struct RolloutID: Hashable, Sendable, CustomStringConvertible {
    public let rawValue: String

    public init?(_ rawValue: String) {
        guard rawValue.hasPrefix(Self.prefix),
            Incarnation(String(rawValue.dropFirst(Self.prefix.count))) != nil
        else { return nil }
        self.rawValue = rawValue
    }

    public static func random() -> RolloutID { RolloutID("\(prefix)\(Incarnation.random())")! }

    public var description: String { rawValue }
    private static let prefix = "rollout-"
}

/// A number that grows with each claim of any cell, so that a cell can refuse whoever comes with an older one.
public struct FencingToken: RawRepresentable, Hashable, Sendable, Comparable, CustomStringConvertible {
    public let rawValue: Int64

    public init(rawValue: Int64) { self.rawValue = rawValue }

    public var next: FencingToken { FencingToken(rawValue: rawValue + 1) }
    public var description: String { String(rawValue) }
    public static func < (a: FencingToken, b: FencingToken) -> Bool { a.rawValue < b.rawValue }
}
