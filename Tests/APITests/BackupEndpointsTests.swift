import HTTP
import JSON
import Registry
import Testing

@Suite("Backups")
struct BackupEndpointsTests {
    private static let data: JSONValue = ["namespaces": ["titan-data"]]

    @Test("a backup is asked for, claimed by one worker, reported on, and complete")
    func life() async throws {
        try await TestAPI.with { api in
            let made = try await api.send(
                .post, "/v1/backups", ["name": "one", "scope": Self.data, "ttl": "48h"], as: .backup
            ).expect(201)
            #expect(made.fields[.location] == "/v1/backups/one")
            #expect(try made["phase"] == "New" && made["expiresAt"] == "2026-03-04T09:00:00.000Z")
            try await api.send(.post, "/v1/backups", ["name": "one", "scope": Self.data]).expect(
                409, "alreadyExists")
            api.clock.advance(by: .seconds(60))
            let work = try await api.claimBackup().expect(200).json
            #expect(work["backup"] == "one" && work["scope"] == Self.data && work["ttl"] == "48h0m0s")
            try await api.claimBackup().expect(204)
            try await api.reportBackup(work, nil, ["sizeBytes": 5]).expect(200)
            let checksum = "sha256:" + String(repeating: "0f", count: 32)
            let done = try await api.reportBackup(
                work, "Completed",
                [
                    "sizeBytes": 10, "items": ["total": 3, "backedUp": 3], "warnings": 1,
                    "location": "s3://backups/one", "checksum": .string(checksum),
                ]
            ).expect(200)
            #expect(try done["phase"] == "Completed" && done["good"] == true && done["claim"] == nil)
            let read = try await api.backup("one")
            #expect(read["expiresAt"] == "2026-03-04T09:01:00.000Z" && read["checksum"] == .string(checksum))
            #expect(read["items"]?["total"] == 3 && read["completedAt"] == "2026-03-02T09:01:00.000Z")
            #expect(try await api.page("/v1/backups?phase=Completed", key: "name") == ["one"])
            #expect(try await api.page("/v1/backups?schedule=daily", key: "name").isEmpty)
        }
    }

    @Test("only whoever holds the claim is believed, and one who keeps silent has failed")
    func fencing() async throws {
        try await TestAPI.with { api in
            try await api.send(.post, "/v1/backups", ["name": "one", "scope": Self.data]).expect(201)
            let work = try await api.claimBackup(["lease": "60s"]).expect(200).json
            let foreign = try await api.reportBackup(
                ["backup": "one", "fencingToken": 99], "Completed"
            ).expect(409, "stateConflict")
            #expect(try foreign.blockers == ["report/foreignToken"])
            api.clock.advance(by: .seconds(59))
            try await api.reportBackup(work, nil).expect(200)
            api.clock.advance(by: .seconds(59))
            try await api.lookAfterBackups()
            #expect(try await api.backup("one")["phase"] == "InProgress")
            api.clock.advance(by: .seconds(1))
            try await api.lookAfterBackups()
            let failed = try await api.backup("one")
            #expect(failed["phase"] == "Failed" && failed["failureReason"] == "workerSilent")
            let late = try await api.reportBackup(work, "Completed").expect(409, "stateConflict")
            #expect(try late.blockers == ["report/notAsked"])
            // A jump of the wall clock ends no lease.
            try await api.send(.post, "/v1/backups", ["name": "two", "scope": Self.data]).expect(201)
            _ = try await api.claimBackup().expect(200)
            api.clock.jump(by: .seconds(3600))
            try await api.lookAfterBackups()
            #expect(try await api.backup("two")["phase"] == "InProgress")
        }
    }

    @Test("a script records what it has made, with its times; what can't have been so is refused")
    func recorded() async throws {
        try await TestAPI.with { api in
            var body: JSONObject = [
                "scope": Self.data, "phase": "Completed", "startedAt": "2026-03-02T07:00:00Z",
                "completedAt": "2026-03-02T08:00:00Z", "ttl": "24h", "sizeBytes": 7, "executor": "velero",
            ]
            let made = try await api.send(.post, "/v1/backups", .object(body), as: .backup).expect(201)
            #expect(try made["name"] == "backup-20260302090000" && made["good"] == true)
            #expect(try made["expiresAt"] == "2026-03-03T07:00:00.000Z")
            body["name"] = "later"
            body["completedAt"] = "2026-03-02T10:00:00Z"
            try await api.send(.post, "/v1/backups", .object(body)).expect(409, "stateConflict")
            body["completedAt"] = "2026-03-02T06:00:00Z"
            try await api.send(.post, "/v1/backups", .object(body)).expect(409, "stateConflict")
            for (field, wrong): (String, JSONValue) in [
                ("phase", ["scope": Self.data, "phase": "InProgress"]),
                ("sizeBytes", ["scope": Self.data, "sizeBytes": 1]), ("scope", [:]),
                ("executor", ["scope": Self.data, "executor": "registry"]),
                ("checksum", ["scope": Self.data, "phase": "Completed", "checksum": "md5:1"]),
            ] {
                try await api.send(.post, "/v1/backups", wrong).expect(400, "invalidArgument", field: field)
            }
            try await api.send(.post, "/v1/backups", ["scope": Self.data, "executor": "velero"]).expect(
                409, "stateConflict")
        }
    }

    @Test("labels and the time it is kept can be changed, what it has come to can not")
    func patched() async throws {
        try await TestAPI.with { api in
            try await api.recordBackup("one")
            let patched = try await api.send(
                .patch, "/v1/backups/one", ["ttl": "2160h", "labels": ["kept-for": "audit"]], as: .backup
            ).expect(200)
            #expect(try patched["labels"] == ["kept-for": "audit"])
            #expect(try patched["expiresAt"] == "2026-05-31T09:00:00.000Z")
            try await api.send(.patch, "/v1/backups/one", ["phase": "Failed"]).expect(
                400, "invalidArgument", field: "phase")
            try await api.send(.patch, "/v1/backups/none", ["ttl": "1h"]).expect(404, "notFound")
        }
    }

    @Test("what is held, read or the last good one of its line is not deleted, and each is named")
    func guarded() async throws {
        try await TestAPI.with { api in
            try await api.recordBackup("one")
            let held = try await api.send(.post, "/v1/backups/one:hold", ["reason": "audit"], as: .backup)
                .expect(200)
            #expect(try held["holds"]?.array?.first?["by"] == "backup")
            try await api.send(.post, "/v1/backups/one:hold", ["reason": "audit"], as: .backup).expect(200)
            #expect(try await api.backup("one")["holds"]?.array?.count == 1)
            try await api.send(.post, "/v1/backups/one:hold", ["reason": " "]).expect(
                400, "invalidArgument", field: "reason")
            try await api.send(.post, "/v1/restores", ["backup": "one", "name": "r"], as: .backup).expect(201)
            let refused = try await api.send(.delete, "/v1/backups/one").expect(409, "inUse")
            #expect(
                try refused.blockers == [
                    "hold/backup", "restore/r", "lastGood/scope/{\"namespaces\":[\"titan-data\"]}",
                ])
            try await api.send(.post, "/v1/backups/one:release", ["by": "nobody"]).expect(200)
            #expect(try await api.backup("one")["holds"]?.array?.count == 1)
            try await api.send(.post, "/v1/backups/one:release").expect(200)
            let work = try await api.send(.post, "/v1/restores:claim", ["worker": "w"], as: .backup).expect(
                200)
            try await api.send(
                .post, "/v1/restores/r:report",
                ["fencingToken": try work["fencingToken"] ?? .null, "phase": "Completed"]
            ).expect(200)
            let last = try await api.send(.delete, "/v1/backups/one").expect(409, "inUse")
            #expect(try last.blockers.count == 1)
            try await api.send(.delete, "/v1/backups/one?override=true").expect(
                400, "invalidArgument", field: "Audit-Reason")
            // Another good one of its line sets it free.
            try await api.recordBackup("two")
            let deleting = try await api.send(.delete, "/v1/backups/one").expect(200)
            #expect(try deleting["phase"] == "Deleting")
            try await api.send(.post, "/v1/backups/one:hold", ["reason": "late"]).expect(409, "stateConflict")
            try await api.send(
                .delete, "/v1/backups/two?override=true", fields: [.auditReason: "the platform is gone"]
            ).expect(200)
        }
    }

    @Test("a deletion is claimed, tried again where it fails or its worker is silent, and reported as gone")
    func deletion() async throws {
        try await TestAPI.with { api in
            for name in ["one", "two"] { try await api.recordBackup(name) }
            try await api.send(.delete, "/v1/backups/one", as: .backup).expect(200)
            let first = try await api.claimBackup(["lease": "60s"]).expect(200).json
            #expect(first["action"] == "delete" && first["backup"] == "one")
            try await api.claimBackup().expect(204)
            api.clock.advance(by: .seconds(60))
            try await api.lookAfterBackups()
            let second = try await api.claimBackup().expect(200).json
            let stale = try await api.reportBackup(first, "Deleted").expect(409, "stateConflict")
            #expect(try stale.blockers == ["report/staleToken"])
            try await api.reportBackup(second, "Failed", ["message": "access denied"]).expect(200)
            #expect(try await api.backup("one")["message"] == "access denied")
            let third = try await api.claimBackup().expect(200).json
            try await api.reportBackup(third, "Deleted").expect(200)
            try await api.send(.get, "/v1/backups/one").expect(404, "notFound")
            // Nothing was begun of it, so nothing has to be deleted; and a record alone can be forgotten.
            try await api.send(.post, "/v1/backups", ["name": "new", "scope": Self.data]).expect(201)
            #expect(try await api.send(.delete, "/v1/backups/new").expect(200)["deleted"] == true)
            try await api.recordBackup("three")
            #expect(
                try await api.send(.delete, "/v1/backups/two?catalogOnly=true").expect(200)["deleted"] == true
            )
            try await api.claimBackup().expect(204)
        }
    }

    @Test(
        "verifications are kept; one that has failed makes the backup no good, and with time they grow stale")
    func verified() async throws {
        try await TestAPI.with { api in
            try await api.recordBackup("one")
            let path = "/v1/backups/one:verify"
            let passed = try await api.send(
                .post, path, ["method": "restore", "result": "passed", "message": "all"], as: .backup
            ).expect(200)
            #expect(try passed["verification"]?["by"] == "backup" && passed["good"] == true)
            api.clock.advance(by: .seconds(31 * 86_400))
            #expect(try await api.backup("one")["stale"] == true)
            let failed = try await api.send(.post, path, ["method": "checksum", "result": "failed"]).expect(
                200)
            #expect(try failed["good"] == false && failed["stale"] == false)
            // What is told late does not speak for today.
            let old: JSONValue = [
                "method": "restore", "result": "passed", "verifiedAt": "2026-03-03T00:00:00Z",
            ]
            #expect(try await api.send(.post, path, old).expect(200)["good"] == false)
            #expect(
                try await api.page("/v1/backups/one/verifications?limit=2", key: "result")
                    == ["passed", "failed", "passed"])
            try await api.send(
                .post, path, ["method": "m", "result": "passed", "verifiedAt": "2099-01-01T00:00:00Z"]
            ).expect(409, "stateConflict")
            try await api.send(.post, "/v1/backups", ["name": "new", "scope": Self.data]).expect(201)
            try await api.send(.post, "/v1/backups/new:verify", ["method": "m", "result": "passed"]).expect(
                409, "stateConflict")
        }
    }

    @Test("a claim can name a schedule or a backup, and gets nothing of another executor")
    func claims() async throws {
        try await TestAPI.withSchedule { api in
            try await api.send(.post, "/v1/backups", ["name": "one", "scope": Self.data]).expect(201)
            try await api.send(.post, "/v1/backup-schedules/daily:trigger").expect(201)
            var own: JSONObject = ["name": "own", "scope": ["registry": true], "executor": "registry"]
            try await api.send(.post, "/v1/backups", .object(own)).expect(
                409, "stateConflict", field: "executor")
            own["phase"] = "Completed"
            try await api.send(.post, "/v1/backups", .object(own)).expect(201)
            try await api.claimBackup(["backup": "own"]).expect(409, "stateConflict")
            try await api.claimBackup(["backup": "none"]).expect(404, "notFound")
            #expect(try await api.claimBackup(["schedule": "daily"]).expect(200)["schedule"] == "daily")
            try await api.claimBackup(["schedule": "daily"]).expect(204)
            let fields: Fields = ["idempotency-key": "claim-1"]
            let body: JSONValue = ["worker": "script", "backup": "one"]
            let first = try await api.send(.post, "/v1/backups:claim", body, fields: fields).expect(200)
            let again = try await api.send(.post, "/v1/backups:claim", body, fields: fields).expect(200)
            #expect(first.bytes == again.bytes)
            try await api.claimBackup().expect(204)
        }
    }

    @Test("a dry run changes nothing, and its plan holds a second later")
    func plans() async throws {
        try await TestAPI.with { api in
            try await api.recordBackup("one")
            let plan = try await api.send(
                .post, "/v1/backups/one:hold?dryRun=true", ["reason": "audit"]
            ).expect(200)
            #expect(try await api.backup("one")["holds"] == [])
            api.clock.advance(by: .seconds(1))
            let fields: Fields = ["if-plan-match": try #require(try plan["plan"]?.string)]
            try await api.send(.post, "/v1/backups/one:hold", ["reason": "audit"], fields: fields).expect(200)
            try await api.send(.post, "/v1/backups/one:release", fields: fields).expect(412, "planChanged")
            let made = try await api.send(.post, "/v1/backups?dryRun=true", ["scope": Self.data]).expect(200)
            api.clock.advance(by: .seconds(1))
            let good: Fields = ["if-plan-match": try #require(try made["plan"]?.string)]
            try await api.send(.post, "/v1/backups", ["scope": Self.data], fields: good).expect(201)
        }
    }
}
