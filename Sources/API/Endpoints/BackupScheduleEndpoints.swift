import ControlPlane
import HTTP
import JSON
import Registry

extension Endpoints {
    func listBackupSchedules(_ call: Call, _ request: Request) async throws -> Response {
        let after = try call.cursor()
        return try list(call) {
            try controlPlane.backupSchedules(Page(after: after, limit: $0))
        } shown: {
            .object($0.shown)
        } key: {
            $0.name.rawValue
        }
    }

    func getBackupSchedule(_ call: Call, _ request: Request) async throws -> Response {
        let name = try call.scheduleInPath()
        guard let shown = try controlPlane.backupSchedule(name) else {
            throw Change.noSchedule(name.rawValue)
        }
        return resource(shown, at: Revision(rawValue: shown["revision"]?.integer ?? 0))
    }

    func putBackupSchedule(_ call: Call, _ request: Request) async throws -> Response {
        let (name, document) = (try call.scheduleInPath(), try document(request, call))
        try controlPlane.check(backups: try BackupSchedule(document: document, name: name).executor)
        return try await write(call, request, location: "/v1/backup-schedules/\(name)") {
            try $0.putBackupSchedule(name, document)
        }
    }

    func patchBackupSchedule(_ call: Call, _ request: Request) async throws -> Response {
        let (name, patch) = (
            try call.scheduleInPath(), try document(request, call, also: .mergePatch)
        )
        if let executor = patch["executor"]?.string.flatMap(BackupExecutor.init) {
            try controlPlane.check(backups: executor)
        }
        return try await write(call, request) { try $0.patchBackupSchedule(name, patch) }
    }

    func deleteBackupSchedule(_ call: Call, _ request: Request) async throws -> Response {
        let name = try call.scheduleInPath()
        return try await write(call, request) { try $0.deleteBackupSchedule(name) }
    }

    func pauseBackupSchedule(_ call: Call, _ request: Request) async throws -> Response {
        try await setPaused(true, call, request)
    }

    func resumeBackupSchedule(_ call: Call, _ request: Request) async throws -> Response {
        try await setPaused(false, call, request)
    }

    private func setPaused(_ isPaused: Bool, _ call: Call, _ request: Request) async throws -> Response {
        let (name, reason) = (try call.scheduleInPath(), try reason(request, call))
        return try await write(call, request, reason: reason) {
            try $0.setPaused(isPaused, backupSchedule: name)
        }
    }

    func triggerBackupSchedule(_ call: Call, _ request: Request) async throws -> Response {
        let (name, reason) = (try call.scheduleInPath(), try reason(request, call))
        return try await write(call, request, reason: reason) { [controlPlane] change in
            try change.triggerBackupSchedule(name, at: controlPlane.steadyNow)
        }
    }

    func listNextRuns(_ call: Call, _ request: Request) async throws -> Response {
        let name = try call.scheduleInPath()
        let count = try call.integer("count", in: 1...Limits.nextRunsMax) ?? 10
        guard let runs = try controlPlane.nextRuns(of: name, count: Int(count)) else {
            throw Change.noSchedule(name.rawValue)
        }
        return json(["items": .array(runs.map { .string($0.description) })])
    }

    func listMissedRuns(_ call: Call, _ request: Request) async throws -> Response {
        let name = try call.scheduleInPath()
        let before = try call.integer("cursor", in: 1...Call.revisionMax) ?? Int64.max
        return try list(call) { limit in
            let runs = try controlPlane.missedRuns(
                of: name, before: Timestamp(rawValue: before), limit: limit)
            guard let runs else { throw Change.noSchedule(name.rawValue) }
            return runs
        } shown: {
            $0.document
        } key: {
            String($0.dueAt.rawValue)
        }
    }
}

extension Call {
    /// The backup schedule that the path names, or would name.
    func scheduleInPath() throws(RegistryError) -> BackupScheduleName {
        guard let name = BackupScheduleName(parameters[0]) else {
            throw invalid(
                "schedule",
                "A backup schedule's name is 1 to \(Limits.backupScheduleNameBytesMax) of a-z, 0-9, '-' and '.', with a letter or digit at both ends of each part."
            )
        }
        return name
    }

    /// The backup that the path names.
    func backupInPath() throws(RegistryError) -> BackupName {
        guard let name = BackupName(parameters[0]) else { throw invalid("backup", Self.nameRule("backup")) }
        return name
    }

    /// The restore that the path names.
    func restoreInPath() throws(RegistryError) -> RestoreName {
        guard let name = RestoreName(parameters[0]) else {
            throw invalid("restore", Self.nameRule("restore"))
        }
        return name
    }

    private static func nameRule(_ noun: String) -> String {
        "A \(noun)'s name is 1 to \(Limits.backupNameBytesMax) of a-z, 0-9, '-' and '.', with a letter or digit at both ends of each part."
    }
}
