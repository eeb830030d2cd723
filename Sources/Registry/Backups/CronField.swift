/// The values that one field of a cron expression allows, as bits.
struct CronField: Sendable, Hashable {
    var bits: UInt64
    /// Written as `*`, `*/1` or `?`. What takes every value by a list or range is none: for cron a day field that is
    /// spelt out restricts, even where it leaves nothing out.
    var isStar: Bool

    func contains(_ value: Int) -> Bool { bits & (1 << value) != 0 }

    /// The lowest value from there on; the argument may be past the field's highest.
    func first(from value: Int) -> Int? {
        let rest = (bits >> value) << value
        return rest == 0 ? nil : rest.trailingZeroBitCount
    }

    /// The highest value up to there; the argument may be -1.
    func last(through value: Int) -> Int? {
        let rest = value < 0 ? 0 : bits & (UInt64.max >> (63 - value))
        return rest == 0 ? nil : 63 - rest.leadingZeroBitCount
    }
}
