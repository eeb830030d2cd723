/// A share of a hundred, to a hundredth of a point: `5%`, `2.5%`. 0% to 100%.
public struct Percentage: Sendable, Equatable, Comparable, CustomStringConvertible {
    /// 1% is 100.
    public let basisPoints: Int64

    static let rule = "must be a percentage like 5% or 2.5%, from 0% to 100%, with at most two decimals"

    public init?(basisPoints: Int64) {
        guard (0...10_000).contains(basisPoints) else { return nil }
        self.basisPoints = basisPoints
    }

    public init?(_ text: String) {
        guard text.hasSuffix("%"), text.utf8.count <= 7 else { return nil }
        let parts = text.dropLast().split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count <= 2,
            parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }),
            let whole = Int64(parts[0]), let decimals = Int64(parts.count == 2 ? parts[1] : "0"),
            parts.count == 1 || parts[1].utf8.count <= 2
        else { return nil }
        let isTenth = parts.count == 2 && parts[1].utf8.count == 1
        self.init(basisPoints: whole * 100 + (isTenth ? decimals * 10 : decimals))
    }

    public var description: String {
        let decimals = basisPoints % 100
        if decimals == 0 { return "\(basisPoints / 100)%" }
        return decimals % 10 == 0
            ? "\(basisPoints / 100).\(decimals / 10)%"
            : "\(basisPoints / 100).\(decimals < 10 ? "0" : "")\(decimals)%"
    }

    /// 5% is 0.05.
    public var fraction: Double { Double(basisPoints) / 10_000 }

    public static func < (a: Percentage, b: Percentage) -> Bool { a.basisPoints < b.basisPoints }
}
