import HTTP
import JSON
import Registry
import Testing

@Suite("Restores")
struct RestoreEndpointsTests {
    /// With a good backup of everything.
    private static func withBackup(_ body: (TestAPI) async throws -> Void) async throws {
        try await TestAPI.withSchedule { api in
            try await api.proceed(to: "2026-03-03T02:00:00Z")
            try await api.makeBackup()
            try await body(api)
        }
    }

    private static func claim(_ api: TestAPI, _ more: JSONObject = [:]) async throws -> Answer {
        var body: JSONObject = ["worker": "script"]
        for (key, value) in more { body[key] = value }
        return try await api.send(.post, "/v1/restores:claim", .object(body), as: .backup)
    }

    private static func report(_ api: TestAPI, _ work: JSONValue, _ phase: String?) async throws -> Answer {
        var body: JSONObject = ["fencingToken": work["fencingToken"] ?? .null, "warnings": 1]
        if let phase { body["phase"] = .string(phase) }
        return try await api.send(
            .post, "/v1/restores/\(work["restore"]?.string ?? ""):report", .object(body), as: .backup)
    }

    @Test("into a cell that serves tenants it is refused, and a dry run shows what it would touch")
    func interlock() async throws {
        try await Self.withBackup { api in
            let body: JSONValue = ["schedule": "daily"]
            let refused = try await api.send(.post, "/v1/restores", body, as: .backup).expect(409, "inUse")
            #expect(try refused.blockers == ["cell/cell-1"])
            let shown = try await api.send(.post, "/v1/restores?dryRun=true", body).expect(200)
            #expect(try shown["result"] == .null && shown["preview"]?["serving"] == 1)
            #expect(try shown["preview"]?["cells"]?.array?.map { $0["into"] } == ["cell-1", "cell-2"])
            let forced = try await api.send(
                .post, "/v1/restores", ["schedule": "daily", "override": ["reason": "all is lost"]]
            ).expect(201)
            #expect(
                try forced["backup"] == "daily-20260303020000"
                    && forced["override"]?["reason"] == "all is lost")
            // One cell of it, which serves nobody.
            try await api.send(
                .post, "/v1/restores",
                ["name": "r2", "schedule": "daily", "scope": ["cells": ["cells": ["cell-2"]]]]
            ).expect(201)
        }
    }

    @Test("a drill is claimed, carried out and kept with the time that it took")
    func drill() async throws {
        try await Self.withBackup { api in
            try await api.addCell("cell-9")
            let made = try await api.send(
                .post, "/v1/restores",
                ["backup": "daily-20260303020000", "cellMapping": ["cell-1": "cell-9"], "drill": true],
                as: .backup
            ).expect(201)
            #expect(made.fields[.location] == "/v1/restores/daily-20260303020000-20260303020000")
            let work = try await Self.claim(api).expect(200).json
            #expect(work["location"] == "s3://backups/x" && work["drill"] == true)
            #expect(work["plan"]?["cells"]?.array?.map { $0["into"] } == ["cell-9", "cell-2"])
            try await Self.claim(api).expect(204)
            try await api.send(.delete, "/v1/backups/daily-20260303020000").expect(409, "inUse")
            api.clock.advance(by: .seconds(200))
            try await Self.report(api, work, nil).expect(200)
            api.clock.advance(by: .seconds(225))
            let done = try await Self.report(api, work, "Completed").expect(200)
            #expect(try done["duration"] == "7m5s" && done["warnings"] == 1)
            #expect(try await api.page("/v1/restores?drill=true", key: "phase") == ["Completed"])
            #expect(try await api.page("/v1/restores?drill=false", key: "phase").isEmpty)
            try await Self.report(api, work, "Failed").expect(409, "stateConflict")
        }
    }

    @Test(
        "what has come to serve tenants since is not restored into, and one whose worker is silent has failed"
    )
    func claimed() async throws {
        try await Self.withBackup { api in
            let scope: JSONValue = ["cells": ["cells": ["cell-2"]]]
            for name in ["r1", "r2"] {
                try await api.send(
                    .post, "/v1/restores", ["name": .string(name), "schedule": "daily", "scope": scope]
                ).expect(201)
            }
            let work = try await Self.claim(api, ["restore": "r1", "lease": "60s"]).expect(200).json
            try await api.send(.put, "/v1/tenants/zeta", ["cell": "cell-2"]).expect(201)
            try await Self.claim(api).expect(204)
            let second = try await api.send(.get, "/v1/restores/r2", as: .viewer).expect(200)
            #expect(try second["phase"] == "FailedValidation" && second["failureReason"] == "targetServes")
            api.clock.advance(by: .seconds(60))
            try await api.lookAfterBackups()
            let first = try await api.send(.get, "/v1/restores/r1").expect(200)
            #expect(try first["phase"] == "Failed" && first["failureReason"] == "workerSilent")
            let late = try await Self.report(api, work, "Completed").expect(409, "stateConflict")
            #expect(try late.blockers == ["report/notAsked"])
        }
    }

    @Test("what can't be read is refused: nothing good, not ended, no good, or the registry in earnest")
    func unreadable() async throws {
        try await TestAPI.withSchedule { api in
            try await api.send(.post, "/v1/restores", ["schedule": "daily"]).expect(409, "stateConflict")
            try await api.send(.post, "/v1/restores", ["schedule": "none"]).expect(404, "notFound")
            try await api.send(.post, "/v1/restores", ["backup": "none"]).expect(404, "notFound")
            try await api.send(
                .post, "/v1/backups", ["name": "new", "scope": ["namespaces": ["a"]]]
            ).expect(201)
            try await api.send(.post, "/v1/restores", ["backup": "new"]).expect(409, "stateConflict")
            try await api.recordBackup("own", ["registry": true])
            try await api.send(.post, "/v1/restores", ["backup": "own"]).expect(409, "stateConflict")
            try await api.send(.post, "/v1/restores", ["backup": "own", "drill": true]).expect(201)
            try await api.recordBackup("data")
            try await api.send(
                .post, "/v1/restores", ["backup": "data", "scope": ["registry": true]]
            ).expect(400, "invalidArgument", field: "scope")
            try await api.send(
                .post, "/v1/restores", ["backup": "data", "cellMapping": ["cell-1": "cell-2"]]
            ).expect(400, "invalidArgument", field: "cellMapping.cell-1")
            try await api.send(.post, "/v1/backups/data:verify", ["method": "m", "result": "failed"]).expect(
                200)
            try await api.send(.post, "/v1/restores", ["backup": "data"]).expect(409, "stateConflict")
            try await api.send(.get, "/v1/restores/none").expect(404, "notFound")
        }
    }
}
