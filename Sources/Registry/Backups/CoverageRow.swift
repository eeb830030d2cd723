import JSON

/// What coverage says of one target.
public struct CoverageRow: Sendable, Equatable {
    public enum Verdict: String, Sendable, CaseIterable {
        case covered
        /// The newest good backup is older than it may be.
        case late
        /// Nothing has shown for too long that a restore works, or that it keeps its time.
        case unverified
        /// Since the newest good backup a run has failed, got stuck or was missed.
        case failing
        /// There is no good backup.
        case uncovered
    }

    /// A backup or a drill, and when it was.
    public struct Fact: Sendable, Equatable {
        public var name: String
        public var at: Timestamp
    }

    public var target: CoverageTarget
    public var newestGood: Fact?
    /// Of the newest good backup's data: since it began.
    public var age: Duration?
    public var rpo: Duration?
    public var rto: Duration?
    /// The backup that was last verified with success, and when.
    public var lastVerification: Fact?
    public var lastDrill: Fact?
    public var drillDuration: Duration?
    /// Neither a verification nor a drill is new enough to show anything.
    public var isStale = true
    /// Runs since the newest good backup; where there is none, all that are known.
    public var missed = 0
    public var stuck = 0
    public var failed = 0
    public var schedules: [String] = []
    /// Of the schedules those that start no runs.
    public var paused: [String] = []
    public var verdict: Verdict = .uncovered
    /// One sentence or a few.
    public var why = ""

    init(target: CoverageTarget) { self.target = target }

    /// The worst that is true of it.
    mutating func judge() {
        let rpo = rpo ?? Coverage.usualRPO
        let failures = failures
        guard let newestGood, let age else {
            verdict = .uncovered
            why = sentences("There is no good backup", failures, gap)
            return
        }
        if age > rpo {
            verdict = .late
            why = sentences(
                "The newest good backup '\(newestGood.name)' is \(age.go) old, and may be \(rpo.go)",
                failures, gap)
        } else if let failures {
            verdict = .failing
            why = sentences("Since the newest good backup '\(newestGood.name)'", failures)
        } else if let doubt {
            verdict = .unverified
            why = sentences(doubt)
        } else {
            verdict = .covered
            why = sentences("'\(newestGood.name)' is \(age.go) old, and may be \(rpo.go)")
        }
    }
}

// MARK: In words

extension CoverageRow {
    private func sentences(_ first: String, _ others: String?...) -> String {
        let others = others.compactMap(\.self)
        return first + (others.isEmpty ? "" : ": " + others.joined(separator: ", ")) + "."
    }

    private var failures: String? {
        let counts = [
            (failed, "failed"), (stuck, "got stuck"), (missed, missed == 1 ? "was missed" : "were missed"),
        ].filter { $0.0 > 0 }
        guard let first = counts.first else { return nil }
        let rest = counts.dropFirst().map { ", \($0.0) \($0.1)" }.joined()
        return "\(first.0) \(first.0 == 1 ? "run" : "runs") \(first.1)\(rest)"
    }

    /// Why there may be no next backup either.
    private var gap: String? {
        if schedules.isEmpty { return "no schedule covers it" }
        guard let first = paused.first, paused.count == schedules.count else { return nil }
        return paused.count == 1 ? "its schedule '\(first)' is paused" : "all its schedules are paused"
    }

    private var doubt: String? {
        if let rto {
            guard let lastDrill, let drillDuration else {
                return "A restore within \(rto.go) is promised, and no drill has shown it"
            }
            if drillDuration > rto {
                return
                    "The last drill '\(lastDrill.name)' took \(drillDuration.go), and \(rto.go) is promised"
            }
        }
        return isStale ? "Neither a verification nor a drill has shown lately that it can be restored" : nil
    }
}

// MARK: As JSON

extension CoverageRow {
    /// Absent where there is none: `newestGood` and what is said of it, `rpo`, `rto`, the verification, the drill.
    public var shown: JSONValue {
        var object: JSONObject = [target.kind: .string(target.name), "verdict": .string(verdict.rawValue)]
        func add(_ name: String, _ text: String?) {
            if let text { object[name] = .string(text) }
        }
        add("why", why)
        add("newestGood", newestGood?.name)
        add("newestGoodAt", newestGood?.at.description)
        add("age", age?.go)
        add("rpo", rpo?.go)
        add("verifiedBackup", lastVerification?.name)
        add("lastVerification", lastVerification?.at.description)
        object["stale"] = .bool(isStale)
        add("drill", lastDrill?.name)
        add("lastDrill", lastDrill?.at.description)
        add("drillDuration", drillDuration?.go)
        add("rto", rto?.go)
        object["missed"] = .integer(Int64(missed))
        object["stuck"] = .integer(Int64(stuck))
        object["failed"] = .integer(Int64(failed))
        object["schedules"] = .array(schedules.map { .string($0) })
        return .object(object)
    }
}

extension [CoverageRow] {
    /// How many rows have each verdict, all of them named.
    public var counts: [CoverageRow.Verdict: Int] {
        reduce(into: Dictionary(uniqueKeysWithValues: CoverageRow.Verdict.allCases.map { ($0, 0) })) {
            $0[$1.verdict, default: 0] += 1
        }
    }
}
