import HTTP
import JSON
import Registry
import Testing

@Suite("Backup schedules")
struct BackupScheduleEndpointsTests {
    private static let path = "/v1/backup-schedules/daily"

    @Test("a schedule is made, read, changed, sent back as it was read, and deleted")
    func life() async throws {
        try await TestAPI.with { api in
            let made = try await api.putSchedule().expect(201)
            #expect(made.fields[.location] == Self.path)
            #expect(try made["status"]?["nextRunAt"] == "2026-03-03T02:00:00.000Z")
            #expect(try made["status"]?["rpo"] == "28h0m0s")
            let read = try await api.send(.get, Self.path, as: .viewer).expect(200)
            let again = try await api.send(.put, Self.path, try read.json).expect(200)
            #expect(again.etag == made.etag)
            let patched = try await api.send(
                .patch, Self.path, ["timeZone": "Europe/Berlin", "rpo": "26h", "labels": ["team": "data"]],
                fields: [.ifMatch: made.etag]
            ).expect(200)
            #expect(try patched["status"]?["nextRunAt"] == "2026-03-03T01:00:00.000Z")
            #expect(try patched["previousRevision"] == made["revision"])
            try await api.send(.patch, Self.path, ["rpo": .null], fields: [.ifMatch: made.etag]).expect(
                412, "preconditionFailed")
            try await api.send(.patch, Self.path, ["schedule": "0 24 * * *"]).expect(
                400, "invalidArgument", field: "schedule")
            try await api.send(.patch, Self.path, ["executor": "velero"]).expect(409, "stateConflict")
            #expect(try await api.page("/v1/backup-schedules", key: "name") == ["daily"])
            let next = try await api.send(.get, "\(Self.path)/next?count=2", as: .viewer).expect(200)
            #expect(
                try next["items"] == ["2026-03-03T01:00:00.000Z", "2026-03-04T01:00:00.000Z"])
            try await api.send(.delete, Self.path).expect(200)
            try await api.send(.get, Self.path).expect(404, "notFound")
            try await api.send(.get, "\(Self.path)/next").expect(404, "notFound")
        }
    }

    @Test("a run that falls due is started, named for its time, and pins the cells that it covers")
    func due() async throws {
        try await TestAPI.withSchedule { api in
            try await api.proceed(to: "2026-03-03T01:59:59Z")
            #expect(try await api.page("/v1/backups", key: "name").isEmpty)
            try await api.proceed(to: "2026-03-03T02:00:00Z")
            let name = "daily-20260303020000"
            #expect(try await api.page("/v1/backups", key: "name") == [name])
            let backup = try await api.backup(name)
            #expect(
                backup["phase"] == "New" && backup["source"] == "schedule" && backup["schedule"] == "daily")
            #expect(backup["dueAt"] == "2026-03-03T02:00:00.000Z")
            #expect(
                backup["covers"]?["everything"] == true && backup["covers"]?["cells"] == ["cell-1", "cell-2"])
            // Again and again, it is one run.
            try await api.lookAfterBackups()
            #expect(try await api.page("/v1/backups", key: "name") == [name])
            // Resolved once more when it is begun, and then for good.
            try await api.addCell("cell-3")
            let work = try await api.claimBackup().expect(200).json
            #expect(work["action"] == "backup" && work["covers"]?["cells"]?.array?.count == 3)
            try await api.addCell("cell-4")
            try await api.reportBackup(work, "Completed").expect(200)
            #expect(try await api.backup(name)["covers"]?["cells"]?.array?.count == 3)
            let status = try await api.schedule()["status"]
            #expect(status?["lastBackup"] == .string(name) && status?["running"] == [])
            #expect(status?["lastSuccessAt"] == "2026-03-03T02:00:00.000Z")
        }
    }

    @Test(
        "of the runs that fell due while nobody looked only the newest is started, and the others are missed")
    func missed() async throws {
        try await TestAPI.withSchedule { api in
            try await api.proceed(to: "2026-03-05T02:59:00Z")
            #expect(try await api.page("/v1/backups", key: "name") == ["daily-20260305020000"])
            let runs = try await api.send(.get, "\(Self.path)/missed-runs?limit=1", as: .viewer).expect(200)
            #expect(try runs["items"]?.array?.first?["dueAt"] == "2026-03-04T02:00:00.000Z")
            #expect(
                try await api.page("\(Self.path)/missed-runs?limit=1", key: "reason") == ["down", "down"])
            let status = try await api.schedule()["status"]
            #expect(status?["missed"] == 2 && status?["lastMissed"]?["reason"] == "down")
            // One that is over its starting deadline is missed as well.
            try await api.makeBackup()
            try await api.proceed(to: "2026-03-06T03:00:01Z")
            #expect(try await api.page("/v1/backups", key: "name").count == 1)
            #expect(try await api.schedule()["status"]?["lastMissed"]?["reason"] == "late")
            #expect(try await api.schedule()["status"]?["missed"] == 1)
        }
    }

    @Test("with overlap forbid a run that meets another is missed")
    func forbid() async throws {
        try await TestAPI.withSchedule(["runTimeout": "48h"]) { api in
            try await api.proceed(to: "2026-03-03T02:00:00Z")
            let refused = try await api.send(.post, "\(Self.path):trigger").expect(409, "inUse")
            #expect(try refused.blockers == ["backup/daily-20260303020000"])
            try await api.proceed(to: "2026-03-04T02:00:00Z")
            #expect(try await api.page("/v1/backups", key: "name").count == 1)
            #expect(try await api.schedule()["status"]?["lastMissed"]?["reason"] == "overlap")
        }
    }

    @Test("with overlap replace the running one is failed, and its worker's word counts no more")
    func replace() async throws {
        try await TestAPI.withSchedule(["runTimeout": "48h", "overlap": "replace"]) { api in
            try await api.proceed(to: "2026-03-03T02:00:00Z")
            let work = try await api.claimBackup(["lease": "1h"]).expect(200).json
            let triggered = try await api.send(.post, "\(Self.path):trigger", as: .backup)
            #expect(triggered.status == 409, "the same second has one already")
            api.clock.advance(by: .seconds(1))
            let next = try await api.send(.post, "\(Self.path):trigger", as: .backup).expect(201)
            #expect(next.fields[.location] == "/v1/backups/daily-20260303020001")
            let old = try await api.backup("daily-20260303020000")
            #expect(old["phase"] == "Failed" && old["failureReason"] == "replaced")
            let late = try await api.reportBackup(work, "Completed").expect(409, "stateConflict")
            #expect(try late.blockers == ["report/notAsked"])
            #expect(try await api.claimBackup().expect(200)["backup"] == "daily-20260303020001")
        }
    }

    @Test(
        "with overlap queue one waits, a later one takes its place, and it is ready when the first has ended")
    func queue() async throws {
        try await TestAPI.withSchedule(["runTimeout": "100h", "overlap": "queue"]) { api in
            try await api.proceed(to: "2026-03-03T02:00:00Z")
            let first = try await api.claimBackup(["lease": "1h"]).expect(200).json
            for day in 4...5 {
                for _ in 1...24 {
                    api.clock.advance(by: .seconds(3590))
                    try await api.reportBackup(first, nil).expect(200)
                }
                try await api.proceed(to: "2026-03-0\(day)T02:00:00Z")
            }
            let status = try await api.schedule()["status"]
            #expect(status?["running"] == ["daily-20260303020000", "daily-20260305020000"])
            #expect(status?["lastMissed"]?["reason"] == "superseded")
            #expect(try await api.backup("daily-20260305020000")["phase"] == "Queued")
            try await api.claimBackup().expect(204)
            try await api.reportBackup(first, "Failed").expect(200)
            #expect(try await api.backup("daily-20260305020000")["phase"] == "ReadyToStart")
            #expect(try await api.claimBackup().expect(200)["backup"] == "daily-20260305020000")
        }
    }

    @Test("a run that nobody takes up fails, so that the next one is started")
    func unclaimed() async throws {
        try await TestAPI.withSchedule { api in
            try await api.proceed(to: "2026-03-03T02:00:00Z")
            try await api.proceed(to: "2026-03-03T06:00:00Z")
            let stuck = try await api.backup("daily-20260303020000")
            #expect(stuck["phase"] == "Failed" && stuck["failureReason"] == "timedOut")
            try await api.proceed(to: "2026-03-04T02:00:00Z")
            #expect(try await api.backup("daily-20260304020000")["phase"] == "New")
        }
    }

    @Test("a pause misses nothing, and a run can be triggered all the same")
    func paused() async throws {
        try await TestAPI.withSchedule { api in
            let paused = try await api.send(.post, "\(Self.path):pause", as: .backup).expect(200)
            #expect(try paused["paused"] == true && paused["status"]?["nextRunAt"] == .null)
            try await api.proceed(to: "2026-03-04T09:00:00Z")
            #expect(try await api.page("/v1/backups", key: "name").isEmpty)
            try await api.send(.post, "\(Self.path):trigger", ["reason": "a release"]).expect(201)
            let resumed = try await api.send(.post, "\(Self.path):resume", as: .backup).expect(200)
            #expect(try resumed["status"]?["missed"] == 0)
            #expect(try resumed["status"]?["nextRunAt"] == "2026-03-05T02:00:00.000Z")
            #expect(try await api.page("/v1/backups", key: "name") == ["daily-20260304090000"])
            let refused = try await api.makeBackup("Failed")
            #expect(refused == "daily-20260304090000")
            // What runs keeps its schedule.
            api.clock.advance(by: .seconds(1))
            try await api.send(.post, "\(Self.path):trigger").expect(201)
            _ = try await api.claimBackup().expect(200)
            try await api.send(.delete, Self.path).expect(409, "inUse")
        }
    }

    @Test("a selector that takes no cell makes a run that has failed, and not one that waits for ever")
    func coversNothing() async throws {
        try await TestAPI.withSchedule(["scope": ["cells": ["zones": ["us-west-9z"]]]]) { api in
            try await api.proceed(to: "2026-03-03T02:00:00Z")
            let backup = try await api.backup("daily-20260303020000")
            #expect(backup["phase"] == "FailedValidation" && backup["failureReason"] == "coversNothing")
            try await api.send(
                .post, "/v1/backups", ["scope": ["cells": ["zones": ["us-west-9z"]]]]
            ).expect(400, "invalidArgument", field: "scope.cells")
        }
    }
}
