import Registry
import Store

extension ControlPlane {
    /// What could not be restored right now: a row for each cell that is not retired, each namespace that a schedule or a
    /// backup names, and the registry.
    public func backupCoverage() throws(RegistryError) -> (rows: [CoverageRow], at: Timestamp) {
        let now = clock.now()
        return (try store.read { try CoverageQuestion(in: $0, at: now).rows }, now)
    }
}

/// What coverage is asked of, as it stands at one instant.
private struct CoverageQuestion {
    let coverage: Coverage
    let targets: Set<CoverageTarget>

    var rows: [CoverageRow] { coverage.rows(for: targets) }

    init(in transaction: ReadTransaction, at now: Timestamp) throws {
        let cells = try transaction.cells(page: Page(limit: Limits.cellsMax)).map(\.cell)
        let schedules = try transaction.backupSchedules().map(\.schedule)
        let facts = try transaction.coverageFacts()
        let drills = try transaction.completedDrills(limit: Limits.pageItemsMax)
        let missed = try transaction.missedRuns()

        let promised = schedules.map { BackupCover($0.scope, of: cells) }
        let namespaces = Set((facts.map(\.covers) + promised).flatMap(\.namespaces))
        targets = Set(cells.filter { $0.state != .retired }.map { .cell($0.id) })
            .union(namespaces.map { .namespace($0) }).union([.registry])
        let all = Set(cells.filter { $0.state != .retired }.map(\.id))
        func reach(_ covers: BackupCover) -> CoverageReach {
            var targets = Set(covers.namespaces.map { CoverageTarget.namespace($0) })
            if covers.registry { targets.insert(.registry) }
            guard covers.everything else {
                return CoverageReach(targets: targets.union(covers.cells.map { .cell($0) }))
            }
            // A cell that came after a backup of everything is not in it.
            let missing = all.subtracting(covers.cells).map { CoverageTarget.cell($0) }
            let except = covers.exceptNamespaces.map { CoverageTarget.namespace($0) }
            return CoverageReach(everything: true, targets: targets, except: Set(missing + except))
        }

        coverage = Coverage(
            schedules: zip(schedules, promised).map { schedule, covers in
                CoverageSchedule(
                    name: schedule.name.rawValue, reach: reach(covers), isPaused: schedule.isPaused,
                    rpo: schedule.rpo(at: now), rto: schedule.rto, missed: missed[schedule.name] ?? [])
            },
            backups: facts.map { fact in
                CoverageBackup(
                    name: fact.name, reach: reach(fact.covers), outcome: fact.outcome,
                    startedAt: fact.startedAt,
                    verifiedAt: fact.verification.flatMap { $0.isPassed ? $0.at : nil })
            },
            drills: drills.compactMap { drill in
                guard let end = drill.completedAt, let duration = drill.duration else { return nil }
                return CoverageDrill(
                    name: drill.name.rawValue, reach: reach(drill.covers), completedAt: end,
                    duration: duration)
            }, at: now, staleAfter: Limits.verificationLifetime)
    }
}

extension CoverageFact {
    fileprivate var outcome: CoverageBackup.Outcome {
        switch phase {
        case .completed: verification?.isPassed == false ? .failed : .good
        case .partiallyFailed, .failedValidation: .failed
        case .failed: failure?.isStuck == true ? .stuck : .failed
        case .new, .queued, .readyToStart, .inProgress, .waiting, .waitingPartiallyFailed, .finalizing,
            .finalizingPartiallyFailed, .deleting:
            .open
        }
    }
}
