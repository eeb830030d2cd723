import JSON
import Registry
import SQLite
import Testing

@testable import Store

@Suite("Backups in the store")
struct BackupStoreTests {
    private static let start = Timestamp(rawValue: 1_769_860_990_000)
    private static let daily = BackupScheduleName("daily")!

    private static func schedule() throws -> BackupScheduleRecord {
        let document: JSONValue = [
            "schedule": "0 2 * * *", "timeZone": "Europe/Berlin", "scope": ["cells": ["zones": ["a"]]],
            "rto": "1h",
        ]
        return BackupScheduleRecord(
            schedule: try BackupSchedule(document: document, name: daily), decidedUntil: start,
            createdAt: start, updatedAt: start)
    }

    private static func backup(_ name: String = "daily-1", of schedule: BackupScheduleName? = daily) -> Backup
    {
        Backup(
            name: BackupName(name)!, schedule: schedule, dueAt: schedule.map { _ in start },
            scope: .everything,
            covers: BackupCover(everything: true, cells: [CellID("cell-1")!]), source: .schedule,
            labels: ["team": "data"], createdAt: start)
    }

    @Test(
        "a schedule is read back as it was saved; what was decided makes an event, the course of its runs does not"
    )
    func schedules() async throws {
        try await TemporaryStore.withStore { store in
            let made = try await store.write { try $0.save(try Self.schedule(), replacing: nil) }
            #expect(try store.read { try $0.backupSchedule(Self.daily) } == made)
            var ran = made
            ran.lastRunAt = Self.start
            ran.lastBackup = BackupName("daily-1")
            ran.lastSuccessAt = Self.start
            ran.decidedUntil = Self.start.advanced(byMilliseconds: 5)
            let next = ran
            let kept = try await store.write { try $0.save(next, replacing: made) }
            #expect(kept.revision == made.revision)
            #expect(try store.read { try $0.backupSchedule(Self.daily) } == kept)
            let run = MissedRun(
                schedule: Self.daily, dueAt: Self.start, reason: .late, recordedAt: Self.start,
                message: "late")
            var missed = kept
            missed.lastMissed = run
            let later = missed
            try await store.write { transaction in
                try transaction.insert([run, run], of: Self.daily)
                let saved = try transaction.save(later, replacing: kept)
                #expect(saved.revision > kept.revision)
            }
            #expect(
                try store.read {
                    try $0.missedRuns(of: Self.daily, before: Timestamp(rawValue: .max), limit: 9)
                }
                    == [run])
            #expect(try store.read { try $0.missedRunCount(of: Self.daily, after: Self.start) } == 0)
            #expect(try store.read { try $0.missedRunCount(of: Self.daily, after: nil) } == 1)
            let gone = try #require(try store.read { try $0.backupSchedule(Self.daily) })
            try await store.write { try $0.delete(gone) }
            #expect(try store.read { try $0.missedRunCount(of: Self.daily, after: nil) } == 0)
            #expect(try store.problems().allSatisfy { $0.problems.isEmpty })
        }
    }

    @Test("of a schedule's missed runs the newest are kept, as many as there may be")
    func history() async throws {
        try await TemporaryStore.withStore { store in
            let runs = (1...Limits.missedRunsMax + 5).map {
                MissedRun(
                    schedule: Self.daily, dueAt: Timestamp(rawValue: Int64($0)), reason: .down,
                    recordedAt: Self.start, message: "")
            }
            try await store.write { transaction in
                _ = try transaction.save(try Self.schedule(), replacing: nil)
                try transaction.insert(runs, of: Self.daily)
            }
            let count = try store.read { try $0.missedRunCount(of: Self.daily, after: nil) }
            let newest = try store.read {
                try $0.missedRuns(of: Self.daily, before: Timestamp(rawValue: .max), limit: 1)
            }
            #expect(count == Limits.missedRunsMax && newest == [runs.last])
        }
    }

    @Test("every step of a backup is read back as it was saved, and progress makes no event")
    func backups() async throws {
        try await TemporaryStore.withStore { store in
            var kept = try await store.write { try $0.insert(Self.backup()) }
            #expect(kept.number == kept.revision.rawValue)
            func keep(_ body: (inout Backup) throws -> Void) async throws {
                var changed = kept
                try body(&changed)
                let (new, old) = (changed, kept)
                kept = try await store.write { try $0.save(new, replacing: old) }
                let read = try store.read { try $0.backup(old.name) }
                #expect(read == kept)
            }
            try await keep { try $0.becomeReady(at: Self.start, steady: Self.start) }
            let claim = Claim(
                worker: "script", token: FencingToken(rawValue: 3), lease: .seconds(60), now: Self.start)
            try await keep { _ = try $0.begin(claim, covers: nil, at: Self.start, steady: Self.start) }
            let begun = kept.revision
            var said = BackupResult.Said()
            said.sizeBytes = 10
            said.location = "s3://b"
            let progress = BackupReport(token: claim.token, said: said, observedAt: Self.start)
            try await keep { _ = try $0.take(progress, at: Self.start, steady: Self.start) }
            #expect(kept.revision == begun && kept.result.sizeBytes == 10)
            #expect(try store.read { try $0.backupsUnderWay() } == [kept])
            #expect(try store.read { try $0.runsUnderWay(of: Self.daily) } == [kept])
            let end = BackupReport(token: claim.token, event: .complete, observedAt: Self.start)
            try await keep { _ = try $0.take(end, at: Self.start, steady: Self.start) }
            #expect(kept.revision > begun)
            #expect(try store.read { try $0.goodBackups(of: "schedule/daily", limit: 2) } == [kept])
            try await keep { $0.holds = [BackupHold(reason: "audit", by: "ann", at: Self.start)] }
            let verification = BackupVerification(
                method: "restore", result: .failed, by: "ann", at: Self.start)
            try await keep { $0.verification = verification }
            let verified = kept
            try await store.write { try $0.insert(verification, of: verified) }
            #expect(
                try store.read { try $0.verifications(of: verified, limit: 9) }.map(\.verification) == [
                    verification
                ])
            #expect(try store.read { try $0.goodBackups(of: "schedule/daily", limit: 2) }.isEmpty)
            try await keep {
                $0.holds = []
                try $0.take(.delete, at: Self.start)
            }
            #expect(try store.read { try $0.activeBackups() } == [kept])
            #expect(try store.read { try $0.backupsUnderWay() }.isEmpty)
            let gone = kept
            try await store.write { try $0.delete(gone) }
            #expect(try store.read { try $0.backup(gone.name) } == nil)
            #expect(try store.problems().allSatisfy { $0.problems.isEmpty })
        }
    }

    @Test("a run is started once, and what is held is not deleted, whoever asks the rows")
    func constraints() async throws {
        try await TemporaryStore.withStore { store in
            _ = try await store.write { try $0.insert(Self.backup()) }
            await #expect(throws: RegistryError.self) {
                try await store.write { try $0.insert(Self.backup("daily-2")) }
            }
            var held = Self.backup("held", of: nil)
            held.startedAt = Self.start
            held.completedAt = Self.start
            held.phase = .deleting
            held.holds = [BackupHold(reason: "audit", by: "ann", at: Self.start)]
            let wrong = held
            await #expect(throws: RegistryError.self) { try await store.write { try $0.insert(wrong) } }
        }
    }

    @Test("lists are filtered and come in pages, newest first")
    func lists() async throws {
        try await TemporaryStore.withStore { store in
            for number in 1...5 {
                _ = try await store.write {
                    try $0.insert(Self.backup("b-\(number)", of: nil))
                }
            }
            _ = try await store.write { try $0.insert(Self.backup()) }
            func names(_ filter: BackupFilter, before number: Int64 = .max, limit: Int = 9) throws -> [String]
            {
                try store.read { try $0.backups(filter, before: number, limit: limit) }.map(\.name.rawValue)
            }
            #expect(try names(BackupFilter(), limit: 2) == ["daily-1", "b-5"])
            #expect(try names(BackupFilter(), before: 3) == ["b-2", "b-1"])
            #expect(try names(BackupFilter(schedule: Self.daily)) == ["daily-1"])
            #expect(try names(BackupFilter(phase: .completed)).isEmpty)
            #expect(try store.read { try $0.backupCount() } == 6)
        }
    }

    @Test("every step of a restore is read back as it was saved, and it reads its backup until its end")
    func restores() async throws {
        try await TemporaryStore.withStore { store in
            let backup = BackupName("daily-1")!
            var restore = Restore(
                name: RestoreName("r-1")!, backup: backup, schedule: Self.daily, scope: .namespaces(["a"]),
                namespaceMapping: ["a": "b"], cellMapping: [CellID("cell-1")!: CellID("cell-9")!],
                isDrill: true, override: "it must be", createdAt: Self.start)
            restore.deadline = Self.start.advanced(byMilliseconds: 9)
            let new = restore
            var kept = try await store.write { try $0.insert(new) }
            #expect(try store.read { try $0.restore(new.name) } == kept)
            #expect(try store.read { try $0.restoresReading(backup) } == [new.name])
            func keep(_ body: (inout Restore) throws -> Void) async throws {
                var changed = kept
                try body(&changed)
                let (new, old) = (changed, kept)
                kept = try await store.write { try $0.save(new, replacing: old) }
                #expect(try store.read { try $0.restore(old.name) } == kept)
            }
            let claim = Claim(
                worker: "script", token: FencingToken(rawValue: 3), lease: .seconds(60), now: Self.start)
            try await keep { try $0.begin(claim, at: Self.start, steady: Self.start) }
            let report = try RestoreReport(
                document: ["fencingToken": 3, "phase": "Completed", "warnings": 2], now: Self.start)
            try await keep { try $0.take(report, at: Self.start, steady: Self.start) }
            #expect(kept.phase == .completed && kept.warnings == 2)
            #expect(try store.read { try $0.restoresReading(backup) }.isEmpty)
            let drills = RestoreFilter(backup: backup, phase: .completed, isDrill: true)
            #expect(try store.read { try $0.restores(drills, limit: 9) } == [kept])
            #expect(try store.read { try $0.restores(RestoreFilter(isDrill: false), limit: 9) }.isEmpty)
            let gone = try await store.write {
                try $0.deleteRestores(endedBefore: Self.start.advanced(byMilliseconds: 1), limit: 9)
            }
            #expect(gone == 1)
        }
    }
}
