/// What could not be restored right now, and what is promised but not shown.
///
/// For each target the newest good backup that covers it is held against the strictest of the promises of the schedules
/// that do. A paused schedule's promise still stands: that it is paused is only why it will be broken. A good backup is
/// no proof: some backup of the target must have been verified, or restored in a drill, in the last `staleAfter`; and
/// where a time to recover is promised, a drill must have kept to it.
public struct Coverage: Sendable {
    /// How old the newest good backup may be where no schedule promises anything.
    public static let usualRPO = Duration.seconds(48 * 3600)

    private let now: Timestamp
    private let staleAfter: Duration
    private let schedules: [CoverageSchedule]
    private let backups: Reaching<CoverageBackup>
    private let verified: Reaching<CoverageBackup>
    private let drills: Reaching<CoverageDrill>

    /// - Parameters: all there are of each, in any order.
    public init(
        schedules: [CoverageSchedule], backups: [CoverageBackup], drills: [CoverageDrill],
        at now: Timestamp, staleAfter: Duration
    ) {
        self.now = now
        self.staleAfter = staleAfter
        self.schedules = schedules.sorted { $0.name < $1.name }
        self.backups = Reaching(backups, \.reach) { ($0.startedAt, $0.name) }
        verified = Reaching(backups.filter { $0.verifiedAt != nil }, \.reach) {
            ($0.verifiedAt ?? $0.startedAt, $0.name)
        }
        self.drills = Reaching(drills, \.reach) { ($0.completedAt, $0.name) }
    }

    /// A row for each target: cells first, then namespaces, then the registry, each by their names.
    public func rows(for targets: some Sequence<CoverageTarget>) -> [CoverageRow] {
        targets.sorted { $0.order < $1.order }.map(row)
    }

    public func row(for target: CoverageTarget) -> CoverageRow {
        let schedules = schedules.filter { $0.reach.covers(target) }
        var row = CoverageRow(target: target)
        row.schedules = schedules.map(\.name)
        row.paused = schedules.filter(\.isPaused).map(\.name)
        row.rpo = schedules.map(\.rpo).min()
        row.rto = schedules.compactMap(\.rto).min()
        for backup in backups.newestFirst(target) {
            switch backup.outcome {
            case .good: row.newestGood = .init(name: backup.name, at: backup.startedAt)
            case .failed: row.failed += 1
            case .stuck: row.stuck += 1
            case .open: break
            }
            if row.newestGood != nil { break }
        }
        let since = row.newestGood?.at
        row.missed = schedules.flatMap(\.missed).count { missed in since.map { missed > $0 } ?? true }
        row.age = since.map(age)
        row.lastVerification = verified.newestFirst(target).first { _ in true }.flatMap { backup in
            backup.verifiedAt.map { .init(name: backup.name, at: $0) }
        }
        let drill = drills.newestFirst(target).first { _ in true }
        row.lastDrill = drill.map { .init(name: $0.name, at: $0.completedAt) }
        row.drillDuration = drill?.duration
        let shown = [row.lastVerification?.at, row.lastDrill?.at].compactMap(\.self).max()
        row.isStale = shown.map { age($0) > staleAfter } ?? true
        row.judge()
        return row
    }

    private func age(_ time: Timestamp) -> Duration { .milliseconds(max(0, now.rawValue - time.rawValue)) }
}

/// Facts by what they reach, the newest first.
private struct Reaching<Fact: Sendable>: Sendable {
    private var general: [Fact] = []
    private var special: [CoverageTarget: [Fact]] = [:]
    private let reach: @Sendable (Fact) -> CoverageReach
    private let order: @Sendable (Fact) -> (Timestamp, String)

    init(
        _ facts: [Fact], _ reach: @escaping @Sendable (Fact) -> CoverageReach,
        order: @escaping @Sendable (Fact) -> (Timestamp, String)
    ) {
        self.reach = reach
        self.order = order
        for fact in facts.sorted(by: { order($0) > order($1) }) {
            let reach = reach(fact)
            if reach.everything { general.append(fact) }
            // What everything includes is named beside it at times, and must not count twice.
            for target in reach.targets
            where !reach.everything || target == .registry || reach.except.contains(target) {
                special[target, default: []].append(fact)
            }
        }
    }

    /// Both lists merged as far as they are read: of a year of hourly backups mostly one.
    func newestFirst(_ target: CoverageTarget) -> AnySequence<Fact> {
        let lists = [target == .registry ? [] : general, special[target] ?? []]
        return AnySequence {
            var (first, second) = (lists[0][...], lists[1][...])
            return AnyIterator {
                while let fact = first.first, reach(fact).except.contains(target) { first.removeFirst() }
                guard let a = first.first else { return second.popFirst() }
                guard let b = second.first, order(b) > order(a) else { return first.popFirst() }
                return second.popFirst()
            }
        }
    }
}
