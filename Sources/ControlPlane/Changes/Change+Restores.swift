import JSON
import Registry
import Store

// Restores and drills. `steady` is the time of the clock without jumps, by which leases and deadlines count.
extension Change {
    /// Wishes for a restore, which an executor takes up. A dry run shows what it would touch.
    ///
    /// - Parameter executors: who carries work out on this server.
    /// - Throws: `inUse` naming the cells that serve tenants; `stateConflict` where there is no backup to be read;
    ///   `invalidArgument` where the backup has nothing of what is asked for.
    public func createRestore(
        _ request: RestoreRequest, executors: Set<BackupExecutor>, at steady: Timestamp
    ) throws -> Outcome {
        let (backup, now) = (try source(of: request), transaction.now)
        try checkReadable(backup, request)
        let plan = try plan(backup, request)
        if request.override == nil, !plan.blockers.isEmpty {
            guard !isRehearsal else { return refused(plan) }
            throw serving(plan.blockers)
        }
        let name = request.name ?? RestoreName(of: backup.name, at: now)
        guard try transaction.restore(name) == nil else {
            throw RegistryError(
                .alreadyExists, "There is a restore '\(name)' already.",
                nextSteps: ["GET /v1/restores/\(name)", "give another name"])
        }
        guard try transaction.restoreCount() < Limits.restoresMax else {
            throw RegistryError(
                .inUse, "There are \(Limits.restoresMax) restores in the catalog, which is the limit.",
                nextSteps: ["they are forgotten 400 days after their end"])
        }
        let usual = executors.contains(backup.executor) && backup.executor != .registry
        var restore = Restore(
            name: name, backup: backup.name, schedule: request.schedule, scope: request.scope,
            covers: plan.covers, namespaceMapping: request.namespaceMapping, cellMapping: request.cellMapping,
            isDrill: request.isDrill, executor: request.executor ?? (usual ? backup.executor : .external),
            runTimeout: request.runTimeout, override: request.override, createdAt: now)
        restore.deadline = steady.advanced(byMilliseconds: request.runTimeout.milliseconds)
        let saved = try transaction.insert(restore)
        var outcome = Outcome(created: true, shown: saved.shown, revision: saved.revision, previous: .zero)
        outcome.location = "/v1/restores/\(saved.name)"
        outcome.plan = ["preview": plan.document]
        return outcome
    }

    /// The next restore in line, for one worker alone; nothing where there is none.
    ///
    /// What has come to serve tenants since it was asked for is not restored into.
    public func claimRestore(
        _ request: BackupClaimRequest, for executors: Set<BackupExecutor>, at steady: Timestamp
    ) throws -> Outcome {
        let name = request.name.flatMap { RestoreName($0.rawValue) }
        if let name, try transaction.restore(name) == nil { throw Self.noRestore(name.rawValue) }
        for old in try transaction.activeRestores() {
            guard old.phase == .new, executors.contains(old.executor), name == nil || old.name == name,
                let backup = try transaction.backup(old.backup)
            else { continue }
            var restore = old
            let plan = try plan(backup, old.scope, old.namespaceMapping, old.cellMapping)
            if restore.override == nil, let first = plan.blockers.first {
                try restore.fail(
                    .targetServes, "the cell '\(first.id)' \(first.message) by now", at: transaction.now,
                    steady: steady)
                _ = try transaction.save(restore, replacing: old)
                continue
            }
            let claim = Claim(
                worker: request.worker, token: try transaction.nextFencingToken(), lease: request.lease,
                now: steady)
            try restore.begin(claim, at: transaction.now, steady: steady)
            _ = try transaction.save(restore, replacing: old)
            return .progress(work(restore, backup, plan, claim))
        }
        return .nothing
    }

    private func work(
        _ restore: Restore, _ backup: Backup, _ plan: RestorePlan, _ claim: Claim
    ) -> JSONObject {
        let shown = restore.shown
        return [
            "restore": .string(restore.name.rawValue), "backup": .string(backup.name.rawValue),
            "storageLocation": .string(backup.storageLocation), "location": .string(backup.result.location),
            "checksum": backup.result.checksum.isEmpty ? .null : .string(backup.result.checksum),
            "scope": restore.scope?.document ?? backup.scope.document,
            "namespaceMapping": shown["namespaceMapping"] ?? .null,
            "cellMapping": shown["cellMapping"] ?? .null, "drill": .bool(restore.isDrill),
            "plan": plan.document, "fencingToken": .integer(claim.token.rawValue),
            "leaseExpiresAt": .string(claim.leaseEndsAt.description),
        ]
    }

    /// What the holder of a restore's claim says of it.
    ///
    /// - Throws: `stateConflict`, whose blocker of kind `report` says why it does not count.
    public func report(_ report: RestoreReport, of name: RestoreName, at steady: Timestamp) throws -> Outcome
    {
        guard let old = try transaction.restore(name) else { throw Self.noRestore(name.rawValue) }
        var restore = old
        try restore.take(report, at: transaction.now, steady: steady)
        return .progress(try transaction.save(restore, replacing: old).shown)
    }

    /// Fails what its worker keeps silent about, and what takes too long: nothing keeps a backup for ever.
    ///
    /// - Returns: how many.
    func giveUpRestores(at steady: Timestamp) throws -> Int {
        var count = 0
        for old in try transaction.activeRestores() {
            guard let (failure, message) = old.givenUp(at: steady) else { continue }
            var restore = old
            try restore.fail(failure, message, at: transaction.now, steady: steady)
            _ = try transaction.save(restore, replacing: old)
            count += 1
        }
        return count
    }

    // MARK: What is read, and what is touched

    private func source(of request: RestoreRequest) throws -> Backup {
        switch request.origin {
        case .backup(let name):
            guard let backup = try transaction.backup(name) else { throw Self.noBackup(name.rawValue) }
            return backup
        case .schedule(let name):
            if let newest = try transaction.goodBackups(of: "schedule/\(name)", limit: 1).first {
                return newest
            }
            guard try transaction.backupSchedule(name) != nil else { throw Self.noSchedule(name.rawValue) }
            throw RegistryError(
                .stateConflict, "The schedule '\(name)' has no good backup.",
                nextSteps: ["GET /v1/backups?schedule=\(name) lists what there is", "name a backup"])
        }
    }

    private func checkReadable(_ backup: Backup, _ request: RestoreRequest) throws {
        guard backup.phase == .completed || backup.phase == .partiallyFailed else {
            throw RegistryError(
                .stateConflict, "The backup '\(backup.name)' is \(backup.phase.rawValue): it can't be read.",
                nextSteps: ["restore another one: GET /v1/backups?phase=Completed"])
        }
        if let verification = backup.verification, !verification.isPassed, request.override == nil {
            throw RegistryError(
                .stateConflict,
                "The backup '\(backup.name)' has failed its verification by \(verification.method) at \(verification.at).",
                nextSteps: ["restore another one", "or give an 'override' with its reason"])
        }
        if backup.covers.registry, !request.isDrill {
            throw RegistryError(
                .stateConflict, "The registry can't be restored by itself while it runs.",
                nextSteps: [
                    "stop it, and run control-plane restore", "or make it a drill: \"drill\": true",
                ])
        }
    }

    private func plan(_ backup: Backup, _ request: RestoreRequest) throws -> RestorePlan {
        let plan = try plan(backup, request.scope, request.namespaceMapping, request.cellMapping)
        guard !plan.isEmpty else {
            throw RegistryError(
                .invalidArgument, "The backup '\(backup.name)' has nothing of that scope.",
                errors: [FieldError("scope", "takes nothing that the backup covers")])
        }
        let sources = Set(plan.targets.map(\.from))
        var errors: [FieldError] = []
        for (from, into) in request.cellMapping.sorted(by: { $0.key < $1.key }) {
            if !sources.contains(from) {
                errors.append(FieldError("cellMapping.\(from)", "is no cell of what is restored"))
            } else if try transaction.cell(into) == nil {
                errors.append(
                    FieldError("cellMapping.\(from)", "names the cell '\(into)', which there is not"))
            }
        }
        guard errors.isEmpty else {
            throw RegistryError(
                .invalidArgument, "The field '\(errors[0].field)' \(errors[0].message).", errors: errors)
        }
        return plan
    }

    private func plan(
        _ backup: Backup, _ scope: BackupScope?, _ namespaces: [String: String], _ cells: [CellID: CellID]
    ) throws -> RestorePlan {
        try RestorePlan(
            of: backup, scope: scope, namespaceMapping: namespaces, cellMapping: cells
        ) { id in
            try transaction.cell(id).map { ($0.cell, $0.tenants + $0.incoming) }
        }
    }

    private func refused(_ plan: RestorePlan) -> Outcome {
        var outcome = Outcome(created: false, shown: [:], revision: .zero, previous: .zero)
        outcome.isRefused = true
        outcome.plan = ["preview": plan.document]
        return outcome
    }

    private func serving(_ blockers: [Blocker]) -> RegistryError {
        RegistryError(
            .inUse,
            "\(blockers.count) of the cells that it would go into serve tenants, '\(blockers[0].id)' for one.",
            blockers: Array(blockers.prefix(Limits.blockersShownMax)),
            nextSteps: [
                "map them to empty cells: \"cellMapping\"", "move the tenants away first",
                "or give an 'override' with its reason",
            ])
    }

    public static func noRestore(_ name: String) -> RegistryError {
        RegistryError(
            .notFound, "There is no restore '\(name)'.", nextSteps: ["GET /v1/restores lists those there are"]
        )
    }
}

extension RestoreRequest {
    /// Nil where the backup itself was named.
    fileprivate var schedule: BackupScheduleName? {
        if case .schedule(let name) = origin { name } else { nil }
    }
}
