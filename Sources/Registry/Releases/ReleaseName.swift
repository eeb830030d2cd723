/// A release's name: 1 to 63 letters, digits, `.`, `_` and `-`, `v1.1.0`. Not `.` and `..`, which paths have other uses for.
public struct ReleaseName: Hashable, Sendable, Comparable, CustomStringConvertible {
    public let rawValue: String

    public init?(_ rawValue: String) {
        guard Names.isWord(rawValue), rawValue != ".", rawValue != ".." else { return nil }
        self.rawValue = rawValue
    }

    public var description: String { rawValue }
    public static func < (a: ReleaseName, b: ReleaseName) -> Bool { a.rawValue < b.rawValue }
}
