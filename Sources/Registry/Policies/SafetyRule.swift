/// The rules that guard what is done to cells, by the names that policies, refusals and overrides use.
public enum SafetyRule: String, Sendable, CaseIterable {
    case activeZonesMin
    case drainingCellsMax
    case remainingCapacityPercentMin
    case massFailureBrake
    case changeCalendar
}

/// A rule that stands against what is about to happen.
public struct SafetyViolation: Error, Sendable, Equatable {
    public var rule: SafetyRule
    /// One sentence with the figures.
    public var message: String
    /// What can be done about it, most likely first.
    public var nextSteps: [String]

    public init(rule: SafetyRule, message: String, nextSteps: [String]) {
        self.rule = rule
        self.message = message
        self.nextSteps = nextSteps
    }

    /// As problems and operations show it.
    public var blocker: Blocker { Blocker(kind: "policy", id: rule.rawValue, message: message) }
}
