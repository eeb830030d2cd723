import ControlPlane
import HTTP
import JSON
import Registry

extension Endpoints {
    func listRestores(_ call: Call, _ request: Request) async throws -> Response {
        let filter = RestoreFilter(
            backup: try call.parsed("backup", "must be a backup's name", BackupName.init),
            phase: try call.choice("phase"), isDrill: try call.flag("drill"))
        let before = try call.integer("cursor", in: 1...Call.revisionMax) ?? Int64.max
        return try list(call) {
            try controlPlane.restores(filter, before: before, limit: $0)
        } shown: {
            .object($0.shown)
        } key: {
            String($0.number)
        }
    }

    func createRestore(_ call: Call, _ request: Request) async throws -> Response {
        let document = try document(request, call)
        let restore = try RestoreRequest(document: document)
        if let executor = restore.executor { try controlPlane.check(backups: executor) }
        return try await write(call, request, reason: document["reason"]?.string) {
            [controlPlane] change in
            try change.createRestore(
                restore, executors: controlPlane.backupExecutors, at: controlPlane.steadyNow)
        }
    }

    func getRestore(_ call: Call, _ request: Request) async throws -> Response {
        let name = try call.restoreInPath()
        guard let restore = try controlPlane.restore(name) else { throw Change.noRestore(name.rawValue) }
        return resource(restore.shown, at: restore.revision)
    }

    func claimRestore(_ call: Call, _ request: Request) async throws -> Response {
        let claim = try BackupClaimRequest(document: try document(request, call), noun: "restore")
        return try await write(call, request, isTagged: false) { [controlPlane] change in
            try change.claimRestore(
                claim, for: controlPlane.backupExecutorsOutside, at: controlPlane.steadyNow)
        }
    }

    func reportRestore(_ call: Call, _ request: Request) async throws -> Response {
        let name = try call.restoreInPath()
        let report = try RestoreReport(document: try document(request, call), now: controlPlane.clock.now())
        return try await write(call, request, isTagged: false) { [controlPlane] change in
            try change.report(report, of: name, at: controlPlane.steadyNow)
        }
    }
}
