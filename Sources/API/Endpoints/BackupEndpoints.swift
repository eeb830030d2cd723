import ControlPlane
import HTTP
import JSON
import Registry

// Backups, as people and scripts see and steer them.
extension Endpoints {
    func listBackups(_ call: Call, _ request: Request) async throws -> Response {
        let filter = BackupFilter(
            schedule: try call.parsed("schedule", "must be a schedule's name", BackupScheduleName.init),
            phase: try call.choice("phase"))
        let before = try call.integer("cursor", in: 1...Call.revisionMax) ?? Int64.max
        let now = controlPlane.clock.now()
        return try list(call) {
            try controlPlane.backups(filter, before: before, limit: $0)
        } shown: {
            .object($0.shown(at: now))
        } key: {
            String($0.number)
        }
    }

    func createBackup(_ call: Call, _ request: Request) async throws -> Response {
        let document = try document(request, call)
        let backup = try BackupRequest(document: document, now: controlPlane.clock.now())
        if backup.finished == nil { try controlPlane.check(backups: backup.executor) }
        return try await write(call, request, reason: document["reason"]?.string) {
            [controlPlane] change in
            try change.createBackup(backup, at: controlPlane.rolloutTime.steady)
        }
    }

    func getBackup(_ call: Call, _ request: Request) async throws -> Response {
        let name = try call.backupInPath()
        guard let backup = try controlPlane.backup(name) else { throw Change.noBackup(name.rawValue) }
        return resource(backup.shown(at: controlPlane.clock.now()), at: backup.revision)
    }

    func patchBackup(_ call: Call, _ request: Request) async throws -> Response {
        let (name, document) = (try call.backupInPath(), try document(request, call, also: .mergePatch))
        let patch = try BackupPatch(document: document)
        return try await write(call, request, reason: document["reason"]?.string) {
            try $0.patchBackup(name, patch)
        }
    }

    func deleteBackup(_ call: Call, _ request: Request) async throws -> Response {
        let name = try call.backupInPath()
        let catalogOnly = try call.flag("catalogOnly") ?? false
        let override = try call.flag("override") ?? false
        if override, request.fields[.auditReason]?.isEmpty ?? true {
            throw call.invalid("Audit-Reason", "An override needs an Audit-Reason that says why.")
        }
        return try await write(call, request) {
            try $0.deleteBackup(name, catalogOnly: catalogOnly, override: override)
        }
    }

    func holdBackup(_ call: Call, _ request: Request) async throws -> Response {
        let name = try call.backupInPath()
        let hold = try HoldRequest(holding: try document(request, call))
        return try await write(call, request, reason: hold.reason) { try $0.holdBackup(name, hold.reason) }
    }

    func releaseBackup(_ call: Call, _ request: Request) async throws -> Response {
        let name = try call.backupInPath()
        let release = try HoldRequest(releasing: try optionalDocument(request, call))
        return try await write(call, request, reason: release.reason.isEmpty ? nil : release.reason) {
            try $0.releaseBackup(name, by: release.by)
        }
    }

    func verifyBackup(_ call: Call, _ request: Request) async throws -> Response {
        let (name, document) = (try call.backupInPath(), try document(request, call))
        let verification = try BackupVerification(
            document: document, by: call.principal.name, now: controlPlane.clock.now())
        return try await write(call, request, reason: document["reason"]?.string) {
            try $0.verifyBackup(name, verification)
        }
    }

    func listVerifications(_ call: Call, _ request: Request) async throws -> Response {
        let name = try call.backupInPath()
        let before = try call.integer("cursor", in: 1...Call.revisionMax) ?? Int64.max
        return try list(call) { limit in
            guard let found = try controlPlane.verifications(of: name, before: before, limit: limit) else {
                throw Change.noBackup(name.rawValue)
            }
            return found
        } shown: {
            $0.verification.document
        } key: {
            String($0.number)
        }
    }

    func importBackups(_ call: Call, _ request: Request) async throws -> Response {
        let velero = try VeleroImport(try document(request, call))
        return try await write(call, request, isTagged: false, bulk: true) { try $0.importBackups(velero) }
    }

    func pruneBackups(_ call: Call, _ request: Request) async throws -> Response {
        let reason = try reason(request, call)
        return try await write(call, request, reason: reason, isTagged: false, bulk: true) {
            try $0.pruneBackups(limit: Limits.backupsPrunedMax)
        }
    }

    func getBackupCoverage(_ call: Call, _ request: Request) async throws -> Response {
        let verdict: CoverageRow.Verdict? = try call.choice("verdict")
        let (rows, now) = try controlPlane.backupCoverage()
        let counts = rows.counts.map { ($0.key.rawValue, JSONValue.integer(Int64($0.value))) }
        return json([
            "at": .string(now.description),
            "counts": .object(JSONObject(uniqueMembers: counts.sorted { $0.0 < $1.0 })),
            "items": .array(rows.filter { verdict == nil || $0.verdict == verdict }.map(\.shown)),
        ])
    }

    // MARK: Executors

    func claimBackup(_ call: Call, _ request: Request) async throws -> Response {
        let claim = try BackupClaimRequest(document: try document(request, call), noun: "backup")
        return try await write(call, request, isTagged: false) { [controlPlane] change in
            try change.claimBackup(
                claim, for: controlPlane.backupExecutorsOutside, at: controlPlane.rolloutTime.steady)
        }
    }

    func reportBackup(_ call: Call, _ request: Request) async throws -> Response {
        let name = try call.backupInPath()
        let report = try BackupReport(document: try document(request, call), now: controlPlane.clock.now())
        return try await write(call, request, isTagged: false) { [controlPlane] change in
            try change.report(report, of: name, at: controlPlane.rolloutTime.steady)
        }
    }
}
