import ControlPlane
import HTTP
import JSON
import Registry
import Testing

/// Backups, with a worker and a clock that are driven by hand. It begins at 2026-03-02T09:00:00Z.
extension TestAPI {
    /// A schedule `daily` of everything at 02:00 UTC, over two cells of which `cell-1` serves a tenant.
    static func withSchedule(
        _ more: JSONObject = [:], _ body: (TestAPI) async throws -> Void
    ) async throws {
        try await withAcme { api in
            try await api.addCell("cell-2")
            try await api.putSchedule(more).expect(201)
            try await body(api)
            try api.expectSound()
        }
    }

    @discardableResult
    func putSchedule(_ more: JSONObject = [:], _ name: String = "daily") async throws -> Answer {
        var body: JSONObject = ["schedule": "0 2 * * *", "scope": ["everything": true]]
        for (key, value) in more { body[key] = value }
        return try await send(.put, "/v1/backup-schedules/\(name)", .object(body), as: .backup)
    }

    func schedule(_ name: String = "daily") async throws -> JSONValue {
        try await send(.get, "/v1/backup-schedules/\(name)", as: .viewer).expect(200).json
    }

    func backup(_ name: String) async throws -> JSONValue {
        try await send(.get, "/v1/backups/\(name)", as: .viewer).expect(200).json
    }

    /// Lets time pass to an instant, and what is to happen then happen.
    func proceed(to time: String) async throws {
        let target = try #require(Timestamp(time))
        clock.advance(by: .milliseconds(target.rawValue - clock.now.rawValue))
        try await lookAfterBackups()
    }

    /// A step of each of the reconcilers that look after backups.
    func lookAfterBackups() async throws {
        for name in ["watchBackups", "startScheduledBackups"] {
            let reconciler = try #require(Reconcilers.all(of: controlPlane).first { $0.name == name })
            _ = try await reconciler.step()
        }
    }

    func claimBackup(_ more: JSONObject = [:]) async throws -> Answer {
        var body: JSONObject = ["worker": "script"]
        for (key, value) in more { body[key] = value }
        return try await send(.post, "/v1/backups:claim", .object(body), as: .backup)
    }

    @discardableResult
    func reportBackup(_ work: JSONValue, _ phase: String?, _ more: JSONObject = [:]) async throws -> Answer {
        var body: JSONObject = ["fencingToken": work["fencingToken"] ?? .null]
        if let phase { body["phase"] = .string(phase) }
        for (key, value) in more { body[key] = value }
        return try await send(
            .post, "/v1/backups/\(work["backup"]?.string ?? ""):report",
            .object(body), as: .backup)
    }

    /// Makes the next backup in line, whole.
    ///
    /// - Returns: its name.
    @discardableResult
    func makeBackup(_ phase: String = "Completed") async throws -> String {
        let work = try await claimBackup().expect(200).json
        try await reportBackup(work, phase, ["location": "s3://backups/x"]).expect(200)
        return work["backup"]?.string ?? ""
    }

    /// Records one that a script has made already.
    func recordBackup(_ name: String, _ scope: JSONValue = ["namespaces": ["titan-data"]]) async throws {
        try await send(
            .post, "/v1/backups", ["name": .string(name), "scope": scope, "phase": "Completed"], as: .backup
        ).expect(201)
    }
}
