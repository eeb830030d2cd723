/// An entity tag (RFC 9110 §8.8.3): `"3f.17"`, or weak `W/"3f.17"`.
public struct ETag: Hashable, Sendable, CustomStringConvertible {
    /// What stands between the quotes.
    public let opaque: String
    public let isWeak: Bool

    /// - Parameter opaque: visible ASCII without `"`: revisions, digests, numbers; never a user's words.
    public init(_ opaque: String, isWeak: Bool = false) {
        precondition(opaque.utf8.allSatisfy(Self.isTagByte), "an entity tag is visible ASCII without quotes")
        self.opaque = opaque
        self.isWeak = isWeak
    }

    /// One tag as it stands in a field; nil where it is anything else.
    public init?(parsing text: String) {
        var rest = text.utf8[...]
        guard let tag = ETag(takingFrom: &rest), rest.isEmpty else { return nil }
        self = tag
    }

    /// As it stands in an `ETag` field.
    public var description: String { isWeak ? "W/\"\(opaque)\"" : "\"\(opaque)\"" }

    /// The comparison for `If-Match`: both are strong and the same.
    public func strongMatches(_ other: ETag) -> Bool { !isWeak && !other.isWeak && opaque == other.opaque }

    /// The comparison for `If-None-Match`: the same but for weakness.
    public func weakMatches(_ other: ETag) -> Bool { opaque == other.opaque }

    /// Takes one tag from the front; nil, and `rest` as it was, where there is none.
    init?(takingFrom rest: inout Substring.UTF8View) {
        var ahead = rest
        isWeak = ahead.starts(with: "W/".utf8)
        if isWeak { ahead = ahead.dropFirst(2) }
        guard ahead.popFirst() == UInt8(ascii: "\"") else { return nil }
        guard let end = ahead.firstIndex(of: UInt8(ascii: "\"")), ahead[..<end].allSatisfy(Self.isTagByte),
            let opaque = String(ahead[..<end])
        else { return nil }
        self.opaque = opaque
        rest = ahead[ahead.index(after: end)...]
    }

    /// `etagc` without obs-text: this server never makes tags with it, so none of them could match.
    private static func isTagByte(_ byte: UInt8) -> Bool {
        (0x21...0x7e).contains(byte) && byte != UInt8(ascii: "\"")
    }
}

/// The value of `If-Match` or `If-None-Match` (RFC 9110 §13.1.1, §13.1.2).
public enum ETagCondition: Sendable, Equatable {
    /// `*`: any current representation.
    case any
    case tags([ETag])

    /// Nil where the list is malformed or empty; the request is refused then, never taken as unconditional.
    public init?(parsing text: String) {
        var rest = text.utf8[...]
        rest.trimSpace()
        if rest.elementsEqual("*".utf8) {
            self = .any
            return
        }
        var tags: [ETag] = []
        while !rest.isEmpty {
            guard let tag = ETag(takingFrom: &rest) else { return nil }
            tags.append(tag)
            rest.trimSpace()
            if rest.isEmpty { break }
            guard rest.popFirst() == UInt8(ascii: ",") else { return nil }
            rest.trimSpace()
        }
        guard !tags.isEmpty else { return nil }
        self = .tags(tags)
    }

    /// Whether `If-Match` holds for what is there now; nil: nothing is there.
    public func strongMatches(_ current: ETag?) -> Bool {
        switch self {
        case .any: current != nil
        case .tags(let tags): current.map { current in tags.contains { $0.strongMatches(current) } } ?? false
        }
    }

    /// Whether `If-None-Match` names what is there now, so that a read is answered 304.
    public func weakMatches(_ current: ETag?) -> Bool {
        switch self {
        case .any: current != nil
        case .tags(let tags): current.map { current in tags.contains { $0.weakMatches(current) } } ?? false
        }
    }
}

extension Substring.UTF8View {
    /// Drops the optional white space (RFC 9110 §5.6.3) at both ends.
    mutating func trimSpace() {
        while let first, first == UInt8(ascii: " ") || first == UInt8(ascii: "\t") { removeFirst() }
        while let last, last == UInt8(ascii: " ") || last == UInt8(ascii: "\t") { removeLast() }
    }
}
