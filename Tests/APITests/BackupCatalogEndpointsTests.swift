import ControlPlane
import HTTP
import JSON
import Registry
import Testing

@Suite("Retention, coverage and import of backups")
struct BackupCatalogEndpointsTests {
    private static func prune(_ api: TestAPI) async throws {
        let reconciler = try #require(
            Reconcilers.all(of: api.controlPlane).first { $0.name == "pruneBackups" })
        _ = try await reconciler.step()
    }

    private static func row(_ api: TestAPI, _ name: String, _ kind: String = "cell") async throws -> JSONValue
    {
        let coverage = try await api.send(.get, "/v1/backups:coverage", as: .viewer).expect(200)
        let rows = try coverage["items"]?.array ?? []
        return try #require(rows.first { $0[kind]?.string == name }, "\(coverage.shown)")
    }

    @Test("what has expired goes, but for what is held, kept or the last good one; a dry run says so first")
    func retention() async throws {
        try await TestAPI.with { api in
            try await api.putSchedule(["ttl": "24h", "keepLast": 1]).expect(201)
            for day in 3...6 {
                try await api.proceed(to: "2026-03-0\(day)T02:00:00Z")
                try await api.makeBackup(day == 5 ? "Failed" : "Completed")
            }
            try await api.send(.post, "/v1/backups/daily-20260303020000:hold", ["reason": "audit"]).expect(
                200)
            try await api.proceed(to: "2026-03-08T01:00:00Z")
            let plan = try await api.send(.post, "/v1/backups:prune?dryRun=true", as: .backup).expect(200)
            let going = try plan["result"]?["deleted"]?.array ?? []
            #expect(going.map { $0["backup"] } == ["daily-20260304020000", "daily-20260305020000"])
            #expect(going.allSatisfy { $0["code"] == "expired" && $0["why"]?.string?.isEmpty == false })
            let kept = try plan["result"]?["kept"]?.array ?? []
            #expect(kept.map { $0["code"] } == ["lastGood", "held"])
            #expect(try await api.backup("daily-20260304020000")["phase"] == "Completed")

            try await Self.prune(api)
            #expect(try await api.backup("daily-20260304020000")["phase"] == "Deleting")
            #expect(try await api.backup("daily-20260305020000")["phase"] == "Deleting")
            #expect(try await api.backup("daily-20260306020000")["phase"] == "Completed")
            #expect(try await api.backup("daily-20260303020000")["phase"] == "Completed")
            try await Self.prune(api)
            let again = try await api.send(.post, "/v1/backups:prune").expect(200)
            #expect(try again["deleted"] == [])
        }
    }

    @Test("what a running restore reads is not deleted, however old it is")
    func read() async throws {
        try await TestAPI.with { api in
            try await api.putSchedule(["ttl": "24h", "keepLast": 0]).expect(201)
            for day in 3...4 {
                try await api.proceed(to: "2026-03-0\(day)T02:00:00Z")
                try await api.makeBackup()
            }
            try await api.proceed(to: "2026-03-08T01:00:00Z")
            try await api.send(
                .post, "/v1/restores", ["backup": "daily-20260303020000", "runTimeout": "100h"]
            ).expect(201)
            try await Self.prune(api)
            #expect(try await api.backup("daily-20260303020000")["phase"] == "Completed")
        }
    }

    @Test(
        "each cell, each namespace that is named and the registry have a row with the worst that is true of it"
    )
    func coverage() async throws {
        try await TestAPI.withSchedule(["rto": "1h"]) { api in
            let none = try await api.send(.get, "/v1/backups:coverage", as: .viewer).expect(200)
            #expect(try none["counts"]?["uncovered"] == 3)
            try await api.proceed(to: "2026-03-03T02:00:00Z")
            let name = try await api.makeBackup()
            #expect(try await Self.row(api, "cell-1")["verdict"] == "unverified")
            try await api.send(
                .post, "/v1/backups/\(name):verify", ["method": "restore", "result": "passed"]
            ).expect(200)
            // Verified, but nothing has shown that a restore keeps its time.
            #expect(try await Self.row(api, "cell-2")["verdict"] == "unverified")
            try await api.addCell("cell-9")
            #expect(try await Self.row(api, "cell-9")["verdict"] == "uncovered", "it came after the backup")
            try await api.send(
                .post, "/v1/restores",
                ["backup": .string(name), "cellMapping": ["cell-1": "cell-9"], "drill": true]
            ).expect(201)
            let work = try await api.send(.post, "/v1/restores:claim", ["worker": "w"]).expect(200)
            api.clock.advance(by: .seconds(60))
            try await api.send(
                .post, "/v1/restores/\(try work["restore"]?.string ?? ""):report",
                ["fencingToken": try work["fencingToken"] ?? .null, "phase": "Completed"]
            ).expect(200)
            let covered = try await Self.row(api, "cell-1")
            #expect(covered["verdict"] == "covered" && covered["drillDuration"] == "1m0s")
            #expect(covered["newestGood"] == .string(name) && covered["rpo"] == "28h0m0s")
            try await api.proceed(to: "2026-03-04T02:00:00Z")
            try await api.makeBackup("Failed")
            let failing = try await Self.row(api, "cell-1")
            #expect(failing["verdict"] == "failing" && failing["failed"] == 1)
            try await api.recordBackup("data")
            #expect(try await Self.row(api, "titan-data", "namespace")["newestGood"] == "data")
            let late = try await api.send(.get, "/v1/backups:coverage?verdict=uncovered").expect(200)
            #expect(try late["items"]?.array?.compactMap { $0["cell"]?.string } == ["cell-9"])
        }
    }

    private static func velero(_ phase: String, _ expiration: String = "2026-04-01T02:00:00Z") -> JSONValue {
        func metadata(_ name: String, _ uid: String, _ labels: JSONObject = [:]) -> JSONValue {
            [
                "name": .string(name), "namespace": "velero", "uid": .string(uid),
                "creationTimestamp": "2026-03-02T02:00:00Z", "labels": .object(labels),
            ]
        }
        let run: JSONObject = ["velero.io/schedule-name": "nightly"]
        return [
            "kind": "List", "apiVersion": "v1",
            "items": [
                [
                    "kind": "Backup", "apiVersion": "velero.io/v1",
                    "metadata": metadata("nightly-20260302020000", "u-1", run),
                    "spec": ["ttl": "720h0m0s", "includedNamespaces": ["*"]],
                    "status": [
                        "phase": .string(phase), "startTimestamp": "2026-03-02T02:00:01Z",
                        "completionTimestamp": "2026-03-02T02:30:00Z", "expiration": .string(expiration),
                        "progress": ["totalItems": 9, "itemsBackedUp": 9], "warnings": 1,
                    ],
                ],
                [
                    "kind": "Schedule", "apiVersion": "velero.io/v1", "metadata": metadata("nightly", "u-2"),
                    "spec": ["schedule": "0 2 * * *", "template": ["ttl": "720h0m0s"]],
                    "status": ["phase": "Enabled"],
                ],
                [
                    "kind": "Restore", "apiVersion": "velero.io/v1", "metadata": metadata("back", "u-3"),
                    "spec": ["backupName": "nightly-20260302020000"],
                    "status": [
                        "phase": "Completed", "startTimestamp": "2026-03-02T03:00:00Z",
                        "completionTimestamp": "2026-03-02T03:10:00Z",
                    ],
                ],
                [
                    "kind": "Backup", "apiVersion": "velero.io/v1", "metadata": metadata("odd", "u-4"),
                    "spec": [:], "status": ["phase": "Lost"],
                ],
            ],
        ]
    }

    @Test("what Velero shows is taken over once, followed when it changes, and what can't be taken is named")
    func imported() async throws {
        try await TestAPI.with { api in
            let first = try await api.send(
                .post, "/v1/backups:import", Self.velero("InProgress"), as: .backup
            ).expect(200)
            #expect(try first["created"] == 3 && first["failed"] == 1)
            #expect(try first["failures"]?.array?.first?["name"] == "odd")
            let again = try await api.send(.post, "/v1/backups:import", Self.velero("InProgress")).expect(200)
            #expect(try again["created"] == 0 && again["unchanged"] == 3)
            let running = try await api.backup("nightly-20260302020000")
            #expect(running["phase"] == "InProgress" && running["executor"] == "velero")
            // Velero's own run is not given up here, and its schedule starts nothing here.
            try await api.proceed(to: "2026-03-05T02:00:00Z")
            #expect(try await api.page("/v1/backups", key: "phase") == ["InProgress"])

            let done = try await api.send(.post, "/v1/backups:import", Self.velero("Completed")).expect(200)
            #expect(try done["updated"] == 1 && done["backups"]?["updated"] == 1)
            let backup = try await api.backup("nightly-20260302020000")
            #expect(backup["good"] == true && backup["schedule"] == "nightly" && backup["source"] == "import")
            #expect(backup["expiresAt"] == "2026-04-01T02:00:00.000Z" && backup["items"]?["total"] == 9)
            let schedule = try await api.schedule("nightly")
            #expect(schedule["source"] == "velero" && schedule["status"]?["lastSuccessAt"] != .null)
            let restore = try await api.send(.get, "/v1/restores/back").expect(200)
            #expect(try restore["phase"] == "Completed" && restore["duration"] == "10m0s")
            try await api.send(.patch, "/v1/backup-schedules/nightly", ["rpo": "26h"]).expect(200)
            _ = try await api.send(.post, "/v1/backups:import", Self.velero("Completed")).expect(200)
            #expect(try await api.schedule("nightly")["rpo"] == "26h0m0s")
            try await api.send(.post, "/v1/backups:import", ["items": 1]).expect(400, "invalidArgument")
            try await api.recordBackup("odd-one")
            try api.expectSound()
        }
    }
}
