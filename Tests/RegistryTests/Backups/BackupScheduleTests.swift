import JSON
import Testing

@testable import Registry

@Suite("Backup schedules")
struct BackupScheduleTests {
    private static let name = BackupScheduleName("daily")!

    private static func schedule(_ more: JSONObject = [:]) throws -> BackupSchedule {
        var object: JSONObject = ["schedule": "0 2 * * *", "scope": ["everything": true]]
        for (key, value) in more { object[key] = value }
        return try BackupSchedule(document: .object(object), name: name)
    }

    private static func time(_ text: String) -> Timestamp { Timestamp(text)! }

    @Test("left out, everything has the value that the documentation gives it")
    func defaults() throws {
        let schedule = try Self.schedule()
        #expect(schedule.zone.name == "UTC" && schedule.ttl.go == "720h0m0s" && schedule.keepLast == 3)
        #expect(schedule.executor == .external && schedule.overlap == .forbid && !schedule.isPaused)
        #expect(schedule.startingDeadline.go == "1h0m0s" && schedule.runTimeout.go == "4h0m0s")
        #expect(try Self.schedule(["scope": ["registry": true]]).executor == .external)
    }

    @Test("what is written is read back the same, and so is what an answer shows")
    func roundTrip() throws {
        let schedule = try Self.schedule([
            "scope": ["cells": ["zones": ["us-east-1a"], "labels": ["tier": "gold"]]],
            "timeZone": "Europe/Berlin", "ttl": "36h", "overlap": "queue", "keepLast": 0, "rpo": "30h",
            "rto": "90m", "labels": ["team": "data"], "annotations": ["note": "by night"], "paused": true,
        ])
        #expect(try BackupSchedule(kept: schedule.document, name: Self.name) == schedule)
        let record = BackupScheduleRecord(
            schedule: schedule, decidedUntil: Timestamp(rawValue: 0), createdAt: Timestamp(rawValue: 0),
            updatedAt: Timestamp(rawValue: 0))
        let shown = record.shown(running: [], missed: 0, at: Timestamp(rawValue: 0))
        #expect(try BackupSchedule(document: .object(shown), name: Self.name) == schedule)
        #expect(shown["status"]?["nextRunAt"] == .null)
    }

    @Test(
        "what is wrong is named by its field",
        arguments: [
            ("schedule", "0 25 * * *"), ("schedule", ""), ("timeZone", "CEST"), ("ttl", "5s"), ("ttl", "10d"),
            ("scope", [:]), ("scope", ["everything": true, "registry": true]),
            ("scope.everything", ["everything": false]),
            ("scope.namespaces", ["namespaces": []]), ("overlap", "ignore"), ("runTimeout", "0"),
            ("keepLast", -1), ("keepLast", 1001), ("rpo", "soon"), ("executor", "registry"),
            ("executor", "nobody"),
            ("name", "weekly"), ("cron", "0 2 * * *"), ("storageLocation", "S3"),
        ] as [(String, JSONValue)])
    func refused(field: String, value: JSONValue) throws {
        let key = String(field.prefix { $0 != "." })
        let error = #expect(throws: RegistryError.self) { try Self.schedule([key: value]) }
        #expect(error?.errors.contains { $0.field == field } == true, "\(String(describing: error))")
    }

    @Test("a promise that is not given is the longest pause between runs and the time that one may take")
    func promise() throws {
        let now = Self.time("2026-03-02T09:00:00Z")
        #expect(try Self.schedule().rpo(at: now).go == "28h0m0s")
        #expect(
            try Self.schedule(["schedule": "0 2 * * MON-FRI", "runTimeout": "1h"]).rpo(at: now).go
                == "73h0m0s")
        #expect(try Self.schedule(["rpo": "26h"]).rpo(at: now).go == "26h0m0s")
    }

    @Test("of the runs that have fallen due the newest is started, and the others are missed")
    func due() throws {
        let schedule = try Self.schedule()
        let decided = Self.time("2026-03-02T01:00:00Z")
        let one = DueRuns(of: schedule, after: decided, at: Self.time("2026-03-02T02:00:00Z"))
        #expect(one.start == Self.time("2026-03-02T02:00:00Z") && one.missed.isEmpty)
        let three = DueRuns(of: schedule, after: decided, at: Self.time("2026-03-04T02:30:00Z"))
        #expect(three.start == Self.time("2026-03-04T02:00:00Z"))
        #expect(three.missed.map(\.reason) == [.down, .down])
        let late = DueRuns(of: schedule, after: decided, at: Self.time("2026-03-04T03:00:01Z"))
        #expect(late.start == nil && late.missed.map(\.reason) == [.down, .down, .late])
        #expect(late.missed.last?.dueAt == Self.time("2026-03-04T02:00:00Z"))
        // What is decided stays so.
        let again = DueRuns(of: schedule, after: late.decidedUntil, at: Self.time("2026-03-04T03:00:01Z"))
        #expect(again.start == nil && again.missed.isEmpty)
    }

    @Test("nothing falls due of a paused schedule, nor of one that Velero runs, nor when the clock goes back")
    func notDue() throws {
        let (decided, now) = (Self.time("2026-03-02T01:00:00Z"), Self.time("2026-03-02T02:00:00Z"))
        var schedule = try Self.schedule(["paused": true])
        #expect(DueRuns(of: schedule, after: decided, at: now).start == nil)
        schedule.isPaused = false
        schedule.source = .velero
        #expect(DueRuns(of: schedule, after: decided, at: now).start == nil)
        schedule.source = .api
        let back = DueRuns(of: schedule, after: now, at: decided)
        #expect(back.start == nil && back.decidedUntil == now)
    }

    @Test("names are those of Kubernetes, and a run's is its schedule's and the time")
    func names() {
        for good in ["a", "a.b", "daily-backup", "0", String(repeating: "a", count: 112)] {
            #expect(BackupScheduleName(good) != nil, "\(good)")
        }
        for bad in ["", "-a", "a-", "A", "a..b", ".a", "a_b", "é", String(repeating: "a", count: 113)] {
            #expect(BackupScheduleName(bad) == nil, "\(bad)")
        }
        let name = BackupName(
            of: BackupScheduleName("daily-backup")!, at: Self.time("2025-01-01T02:00:00.5Z"))
        #expect(name.rawValue == "daily-backup-20250101020000")
        let longest = BackupScheduleName(String(repeating: "a", count: 112))!
        #expect(BackupName(BackupName(of: longest, at: Timestamp(rawValue: 0)).rawValue) != nil)
    }
}
