import JSON

/// So many cells, or a share of them: `3` or `"10%"`.
public enum CountOrPercent: Sendable, Equatable {
    case count(Int64)
    case percent(Percentage)

    static let rule =
        "must be a whole number from 0 to \(Limits.cellsPerRolloutMax), or a percentage like \"10%\""

    init?(_ value: JSONValue) {
        if let count = value.integer, (0...Int64(Limits.cellsPerRolloutMax)).contains(count) {
            self = .count(count)
        } else if let percent = value.string.flatMap(Percentage.init) {
            self = .percent(percent)
        } else {
            return nil
        }
    }

    public var document: JSONValue {
        switch self {
        case .count(let count): .integer(count)
        case .percent(let percent): .string(percent.description)
        }
    }

    /// A share that is not a whole number of cells is the next lower one: right where more would be less safe.
    public func roundedDown(of cells: Int) -> Int {
        switch self {
        case .count(let count): Int(count)
        case .percent(let percent): Int(percent.basisPoints) * cells / 10_000
        }
    }

    /// The next higher one: right where none at all would be no step.
    public func roundedUp(of cells: Int) -> Int {
        switch self {
        case .count(let count): Int(count)
        case .percent(let percent): (Int(percent.basisPoints) * cells + 9999) / 10_000
        }
    }
}
