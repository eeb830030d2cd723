/// An operation's name: its kind and twelve random characters, `drain-k3v7q2mzt5xa`.
///
/// Random, because a restored backup must not give an old name to new work.
public struct OperationID: Hashable, Sendable, CustomStringConvertible {
    public let rawValue: String

    public init?(_ rawValue: String) {
        guard let hyphen = rawValue.lastIndex(of: "-"),
            OperationKind(rawValue: String(rawValue[..<hyphen])) != nil,
            Incarnation(String(rawValue[rawValue.index(after: hyphen)...])) != nil
        else { return nil }
        self.rawValue = rawValue
    }

    public static func random(_ kind: OperationKind) -> OperationID {
        OperationID("\(kind.rawValue)-\(Incarnation.random())")!
    }

    public var description: String { rawValue }
}

/// What kind of long work an operation is the handle of.
public enum OperationKind: String, Sendable, CaseIterable {
    /// Tenants that a request names or selects.
    case migration
    /// Every tenant of a cell.
    case drain
    /// Every tenant of a zone's cells.
    case evacuation
    /// An evacuated zone's tenants, back.
    case restoration
    /// The fewest that even the cells out.
    case rebalance
    /// What an earlier migration moved, back.
    case reversal

    /// True where it ends only once its cells are observed to be empty.
    public var empties: Bool { self == .drain || self == .evacuation }
}
