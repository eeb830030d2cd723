import JSON

/// Which waves wait for a person, for how long, and what happens then.
public struct ApprovalSpec: Sendable, Equatable {
    public enum OnTimeout: String, Sendable, CaseIterable {
        case pause, approve, rollback, abort
    }

    /// Numbers of the waves that must be approved before they begin; empty: every one.
    public var waves: [Int]
    public var timeout: Duration
    public var onTimeout: OnTimeout

    public init(waves: [Int] = [], timeout: Duration = .seconds(86_400), onTimeout: OnTimeout = .pause) {
        self.waves = waves
        self.timeout = timeout
        self.onTimeout = onTimeout
    }

    init(from reader: DocumentReader) {
        let waves = reader.entries(
            "waves", countMax: Limits.wavesMax, "must be a wave's number, from 1 to \(Limits.wavesMax)"
        ) { $0.integer.flatMap { (1...Int64(Limits.wavesMax)).contains($0) ? Int($0) : nil } }
        self.init(
            waves: Array(Set(waves ?? [])).sorted(),
            timeout: reader.duration("timeout", in: Limits.approvalTimeouts) ?? .seconds(86_400),
            onTimeout: reader.choice("onTimeout") ?? .pause)
    }

    public var document: JSONValue {
        [
            "waves": .array(waves.map { .integer(Int64($0)) }), "timeout": .string(timeout.goInWholeNumbers),
            "onTimeout": .string(onTimeout.rawValue),
        ]
    }

    public func isAsked(before wave: Int) -> Bool { waves.isEmpty || waves.contains(wave) }
}
