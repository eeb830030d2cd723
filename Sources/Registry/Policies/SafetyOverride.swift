import JSON

/// The decision of an operator to go on against rules, with the reason that is kept.
public struct SafetyOverride: Sendable, Equatable {
    public var rules: Set<SafetyRule>
    public var reason: String

    private static let all = "all"

    public init(rules: Set<SafetyRule>, reason: String) {
        self.rules = rules
        self.reason = reason
    }

    /// `{"rules":["changeCalendar"],"reason":"…"}`; `["all"]` stands for every rule. Both are required.
    ///
    /// Nil where something is missing or wrong, which the reader has reported.
    public init?(from reader: DocumentReader) {
        let names = SafetyRule.allCases.map(\.rawValue) + [Self.all]
        let rules = reader.required(
            "rules",
            reader.list(
                "rules", countMin: 1, countMax: names.count, "must be one of \(names.joined(separator: ", "))"
            ) { names.contains($0) ? $0 : nil })
        let reason = reader.required(
            "reason",
            reader.parsed(
                "reason",
                "must say why, in 1 to \(Limits.reasonBytesMax) bytes without control characters"
            ) {
                let isThere = $0.contains { !$0.isWhitespace }
                return isThere && $0.utf8.count <= Limits.reasonBytesMax && Names.isPrintable($0) ? $0 : nil
            })
        guard let rules, !rules.isEmpty, let reason else { return nil }
        self.init(
            rules: Set(rules.contains(Self.all) ? SafetyRule.allCases : rules.compactMap(SafetyRule.init)),
            reason: reason)
    }

    /// What operations and the audit keep: every rule by its name.
    public var document: JSONValue {
        let named = SafetyRule.allCases.filter(rules.contains)
        return ["rules": .array(named.map { .string($0.rawValue) }), "reason": .string(reason)]
    }
}
