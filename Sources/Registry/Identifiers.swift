/// A cell's name: a DNS label (RFC 1123 §2.1), because it names a StatefulSet, a Service and a host.
///
/// 1 to 63 bytes of `a-z`, `0-9` and `-`, not starting or ending with `-`.
public struct CellID: Hashable, Sendable, Comparable, CustomStringConvertible {
    public let rawValue: String

    public init?(_ rawValue: String) {
        guard Names.isDNSLabel(rawValue) else { return nil }
        self.rawValue = rawValue
    }

    public var description: String { rawValue }
    public static func < (a: CellID, b: CellID) -> Bool { a.rawValue < b.rawValue }
}

/// A tenant's name: 1 to 128 bytes of UTF-8 without control characters, `/` and `\`.
///
/// The two slashes are left out because a request path that carries them encoded is refused by the request guard:
/// such a tenant could be made and never be named again.
public struct TenantID: Hashable, Sendable, Comparable, CustomStringConvertible {
    public let rawValue: String

    public init?(_ rawValue: String) {
        guard (1...Limits.tenantIDBytesMax).contains(rawValue.utf8.count), rawValue != ".", rawValue != "..",
            Names.isPrintable(rawValue), !rawValue.utf8.contains(where: { $0 == 0x2F || $0 == 0x5C })
        else { return nil }
        self.rawValue = rawValue
    }

    public var description: String { rawValue }

    // By bytes, as the database and the routing table compare: Swift's strings would take `é` in one scalar and
    // in two for the same tenant.
    public static func == (a: TenantID, b: TenantID) -> Bool {
        a.rawValue.utf8.elementsEqual(b.rawValue.utf8)
    }
    public static func < (a: TenantID, b: TenantID) -> Bool {
        a.rawValue.utf8.lexicographicallyPrecedes(b.rawValue.utf8)
    }
    public func hash(into hasher: inout Hasher) {
        var text = rawValue
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}

/// How many writes this database's lineage has committed. The first write makes revision 1; 0 is the empty registry.
public struct Revision: RawRepresentable, Hashable, Sendable, Comparable, CustomStringConvertible {
    public let rawValue: Int64

    public init(rawValue: Int64) { self.rawValue = rawValue }

    public static let zero = Revision(rawValue: 0)
    public var next: Revision { Revision(rawValue: rawValue + 1) }
    public var description: String { String(rawValue) }
    public static func < (a: Revision, b: Revision) -> Bool { a.rawValue < b.rawValue }
}

/// The random id of a database's lineage: 12 characters of `a-z2-7`. A restored backup gets a new one, so that a
/// revision from before it is never mistaken for one after.
public struct Incarnation: Hashable, Sendable, CustomStringConvertible {
    public let rawValue: String

    public init?(_ rawValue: String) {
        guard rawValue.utf8.count == 12,
            rawValue.utf8.allSatisfy({ (0x61...0x7A).contains($0) || (0x32...0x37).contains($0) })
        else { return nil }
        self.rawValue = rawValue
    }

    public static func random() -> Incarnation {
        let alphabet = Array("abcdefghijklmnopqrstuvwxyz234567")
        return Incarnation(String((0..<12).map { _ in alphabet.randomElement()! }))!
    }

    public var description: String { rawValue }
}

/// A point in one lineage, `<incarnation>.<revision>`: what gateways quote in `since` and in ETags.
public struct RevisionTag: Hashable, Sendable, CustomStringConvertible {
    public var incarnation: Incarnation
    public var revision: Revision

    public init(_ incarnation: Incarnation, _ revision: Revision) {
        self.incarnation = incarnation
        self.revision = revision
    }

    /// Nil unless the text is exactly what `description` writes: no signs, no leading zeros.
    public init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let incarnation = Incarnation(String(parts[0])), let number = Int64(parts[1]),
            number >= 0, String(number) == parts[1]
        else { return nil }
        self.init(incarnation, Revision(rawValue: number))
    }

    public var description: String { "\(incarnation).\(revision)" }
}

/// A tenant's fencing token: 1 when it is placed, one more at each cutover; a cell refuses writes of older ones.
public struct Epoch: RawRepresentable, Hashable, Sendable, Comparable, CustomStringConvertible {
    public let rawValue: Int64

    public init(rawValue: Int64) { self.rawValue = rawValue }

    public static let first = Epoch(rawValue: 1)
    public var next: Epoch { Epoch(rawValue: rawValue + 1) }
    public var description: String { String(rawValue) }
    public static func < (a: Epoch, b: Epoch) -> Bool { a.rawValue < b.rawValue }
}
