/// The parameters of a path that a `RouteTable` has matched, in the template's order.
///
/// They stay where they lie in the path until they are asked for: a gateway's look-up compares bytes, and needs
/// no String.
public struct PathParameters: Sendable {
    /// A template has no more.
    static let countMax = 3

    private let path: [UInt8]
    private var ranges: (Range<Int>, Range<Int>, Range<Int>) = (0..<0, 0..<0, 0..<0)
    public private(set) var count = 0
    /// Whether one of them has a percent escape.
    private var hasEscapes = false

    init(of path: [UInt8]) { self.path = path }

    /// - Returns: false where the segment has a bad escape, or is not UTF-8.
    mutating func append(_ range: Range<Int>, isPlain: Bool) -> Bool {
        if !isPlain {
            guard PercentEncoding.decode(path[range]) != nil else { return false }
            hasEscapes = true
        }
        switch count {
        case 0: ranges.0 = range
        case 1: ranges.1 = range
        case 2: ranges.2 = range
        default: preconditionFailure("the table takes no template with more")
        }
        count += 1
        return true
    }

    private func range(_ index: Int) -> Range<Int> {
        precondition(index < count, "the template has no parameter \(index)")
        return index == 0 ? ranges.0 : index == 1 ? ranges.1 : ranges.2
    }

    /// Decoded.
    public subscript(_ index: Int) -> String {
        guard let text = PercentEncoding.decode(path[range(index)]) else {
            preconditionFailure("it was decoded once already")
        }
        return text
    }

    /// Decoded, as UTF-8; without a copy where the path has no escapes.
    public func withBytes<Result>(_ index: Int, _ use: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        if hasEscapes {
            var text = self[index]
            return text.withUTF8(use)
        }
        return path.withUnsafeBufferPointer { use(UnsafeBufferPointer(rebasing: $0[range(index)])) }
    }
}
