/// Which backups go, and why the others stay.
///
/// A backup goes when its time to live is over, nothing holds or reads it, and its line can spare it: neither the newest
/// good one of a line ever goes, nor one of the newest `keepLast` good ones; nor, in a line without a good one, the newest
/// that is left at all to restore from. Since what goes never includes what a line needs, any part of a plan may be
/// carried out, in any order, and what is planned after that is no other.
public struct Retention: Sendable {
    /// What is to become of one backup.
    public struct Verdict: Sendable, Equatable {
        public var backup: String
        public var line: String
        /// Empty where it goes.
        public var reasons: [RetentionReason]

        public var goes: Bool { reasons.isEmpty }

        /// `expired` where it goes, otherwise the first reason why it stays.
        public var code: String { reasons.first?.code ?? "expired" }

        /// One sentence.
        public var why: String {
            guard !reasons.isEmpty else {
                return "'\(backup)' has expired, and its line '\(line)' can spare it."
            }
            return "'\(backup)' \(reasons.map(\.sentence).joined(separator: ", and "))."
        }
    }

    /// The newest first.
    private let candidates: [RetentionCandidate]
    /// What each line keeps, by its backups' names.
    private let kept: [String: RetentionReason]

    /// - Parameters:
    ///   - candidates: all backups of the lines, by names that differ, in any order.
    ///   - keepLast: by line, how many good backups are kept whatever their age; where nothing is said, one.
    public init(_ candidates: [RetentionCandidate], keepLast: [String: Int] = [:]) {
        self.candidates = candidates.sorted { $0.isNewer(than: $1) }
        var kept: [String: RetentionReason] = [:]
        for (line, backups) in Dictionary(grouping: self.candidates, by: \.line) {
            let good = backups.filter { $0.outcome == .good }
            let count = keepLast[line] ?? 1
            for backup in good.prefix(max(count, 1)) { kept[backup.name] = .keptLast(count: count) }
            if let newest = good.first {
                kept[newest.name] = .lastGood
            } else if let newest = backups.first(where: { $0.outcome == .doubtful }) {
                kept[newest.name] = .lastResort
            }
        }
        self.kept = kept
    }

    /// A verdict on each backup, the newest first.
    public func verdicts(at now: Timestamp) -> [Verdict] {
        candidates.map { candidate in
            Verdict(
                backup: candidate.name, line: candidate.line,
                reasons: expiry(of: candidate, at: now) + objections(to: candidate))
        }
    }

    /// Why a backup must not be deleted by hand either; empty where it may.
    public func objections(to backup: String) -> [RetentionReason] {
        candidates.first { $0.name == backup }.map(objections) ?? []
    }

    private func expiry(of candidate: RetentionCandidate, at now: Timestamp) -> [RetentionReason] {
        guard let expiresAt = candidate.expiresAt else { return [.unlimited] }
        return expiresAt > now ? [.unexpired(until: expiresAt)] : []
    }

    private func objections(to candidate: RetentionCandidate) -> [RetentionReason] {
        var reasons: [RetentionReason] = []
        switch candidate.outcome {
        case .underWay: reasons.append(.underWay)
        case .deleting: reasons.append(.deleting)
        case .good, .doubtful, .failed: break
        }
        if !candidate.holds.isEmpty { reasons.append(.held(reasons: candidate.holds)) }
        if !candidate.restores.isEmpty { reasons.append(.read(restores: candidate.restores)) }
        if let reason = kept[candidate.name] { reasons.append(reason) }
        return reasons
    }
}
