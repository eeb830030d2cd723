import JSON
import Registry
import Store

// The steps of a batch: each is one transaction, which takes the state on only if it is still what it was.
extension Change {
    /// What comes with a step.
    struct Step {
        var event: BatchEvent
        /// Who let the barrier through.
        var heldBy: Barrier.Guard?
        /// For the operation's log, and shown on the batch.
        var note = ""
        /// What was observed of the barrier.
        var barrier: JSONObject = [:]
    }

    /// Takes the step, with all that belongs to it.
    ///
    /// - Returns: the batch as it is now; nil where somebody has taken the step already.
    func take(_ step: Step, of seen: Batch, in operation: Operation) throws -> Batch? {
        guard var batch = try transaction.batch(operation.id, seen.number), batch.isWhere(seen) else {
            return nil
        }
        let old = batch.state
        batch.state = try old.after(step.event)
        if step.event != .undone { batch.message = step.note }
        switch step.event {
        case .begin: try begin(&batch, operation)
        case .prepared: break
        case .copied: try announce(&batch, operation)
        case .freeze: try freeze(&batch, operation)
        case .barrierHeld:
            batch.heldBy = step.heldBy
            batch.barrier = step.barrier
        case .freezeExpired: try unfreeze(&batch, operation)
        case .cutOver: try cutOver(&batch, operation)
        case .confirmed: try settle(&batch, operation)
        case .abort:
            // Who goes back because somebody has cancelled has not failed.
            if !operation.life.isCancelling {
                batch.failed += Int64(try activeMoves(batch, operation).count)
            }
            try setStates(of: batch, operation, from: [.migrating, .frozen], to: .serving)
            try say(step.note, batch, operation)
        case .undone: try giveBack(&batch, operation)
        case .windowEnded, .reverse, .reversalDone, .reversalFailed: break
        }
        if step.heldBy == .force || [.freezeExpired, .abort].contains(step.event) {
            let what = step.heldBy == .force ? "is cut over by force" : step.event.rawValue
            try transaction.log(
                operation.number, "batch \(batch.number) \(what)\(step.note.isEmpty ? "" : ": \(step.note)")",
                isWarning: true)
        }
        guard try transaction.save(batch, of: operation, in: old) else {
            throw RegistryError(.internalError, "A batch has changed within its own transaction.")
        }
        return batch
    }

    /// Notes what the mover has done or said; not a step of its own. An answer to a question of an earlier freeze says
    /// nothing about this one: writes went on in between, and the last copy must be made again.
    func note(phase: MoverPhase?, _ message: String, of seen: Batch, in operation: Operation) throws {
        guard var batch = try transaction.batch(operation.id, seen.number), batch.isWhere(seen) else {
            return
        }
        if let phase { batch.phase = phase }
        batch.message = message
        _ = try transaction.save(batch, of: operation, in: batch.state)
    }

    private func begin(_ batch: inout Batch, _ operation: Operation) throws {
        batch.beganAt = transaction.now
        batch.notBefore = nil
        for move in try activeMoves(batch, operation) {
            if try isActive(move.target) {
                try transaction.save(move, of: operation, as: .moving)
            } else {
                try fail(move, &batch, operation, "the target '\(move.target)' is no longer active")
            }
        }
    }

    private func announce(_ batch: inout Batch, _ operation: Operation) throws {
        try forEachTenant(&batch, operation) { tenant in
            switch tenant.state {
            case .serving: tenant.state = .migrating
            // Refused by every gateway that knows it, which is as good as frozen.
            case .suspended, .migrating, .frozen: break
            }
        }
        batch.announced = try transaction.routingRevision()
    }

    private func freeze(_ batch: inout Batch, _ operation: Operation) throws {
        batch.attempt += 1
        batch.frozenAt = transaction.now
        batch.freezeDeadline = transaction.now.advanced(
            byMilliseconds: operation.options.freezeDeadline.milliseconds)
        batch.notBefore = nil
        try forEachTenant(&batch, operation) { tenant in
            if tenant.state == .migrating { tenant.state = .frozen }
        }
        batch.frozen = try transaction.routingRevision()
    }

    /// Back to `migrating`, as announced. The announcement stands: since then the tenants were never shown as serving, so
    /// a gateway that knows of it and has fallen silent meanwhile refuses them once its lease is out.
    private func unfreeze(_ batch: inout Batch, _ operation: Operation) throws {
        try setStates(of: batch, operation, from: [.frozen], to: .migrating)
        batch.notBefore = transaction.now.advanced(
            byMilliseconds: batch.pauseBetweenFreezes.milliseconds)
        batch.freezeDeadline = nil
        batch.frozen = nil
        batch.frozenAt = nil
        batch.heldBy = nil
        // What was copied last is copied again before the next cutover.
        if batch.phase == .finalCopy { batch.phase = .catchUp }
    }

    /// The one transaction that changes a tenant's cell.
    private func cutOver(_ batch: inout Batch, _ operation: Operation) throws {
        for move in try activeMoves(batch, operation) {
            guard let old = try tenant(of: move, &batch, operation) else { continue }
            guard old.tenant.state == .frozen || old.tenant.state == .suspended, try isActive(move.target)
            else {
                if old.tenant.state == .frozen { try set(.serving, old) }
                try fail(
                    move, &batch, operation,
                    try isActive(move.target)
                        ? "it was \(old.tenant.state.rawValue) at its cutover"
                        : "the target '\(move.target)' is no longer active")
                continue
            }
            try transaction.save(move, of: operation, as: .moved)
            var tenant = old.tenant
            tenant.cell = move.target
            tenant.epoch = tenant.epoch.next
            if tenant.state == .frozen { tenant.state = .serving }
            _ = try transaction.save(tenant, replacing: old)
            batch.moved += 1
        }
        batch.cutoverAt = transaction.now
        batch.cutover = try transaction.routingRevision()
    }

    private func settle(_ batch: inout Batch, _ operation: Operation) throws {
        batch.settledAt = transaction.now
        batch.windowEndsAt = transaction.now.advanced(
            byMilliseconds: operation.options.reverseWindow.milliseconds)
        try transaction.count(operation.number, completed: batch.moved, failed: batch.failed)
    }

    /// The end of an abort says what it was for, and not how the undoing went.
    private func giveBack(_ batch: inout Batch, _ operation: Operation) throws {
        for move in try activeMoves(batch, operation) {
            try transaction.save(move, of: operation, as: .returned, move.message)
            batch.message = move.message
        }
        batch.settledAt = transaction.now
        try transaction.count(operation.number, failed: batch.failed)
    }

    // MARK: The tenants of a batch

    func activeMoves(_ batch: Batch, _ operation: Operation) throws -> [Move] {
        try transaction.moves(of: operation, batch: batch.number).filter(\.state.isActive)
    }

    /// The move's tenant where it still is what was planned; else the move fails.
    private func tenant(of move: Move, _ batch: inout Batch, _ operation: Operation) throws -> TenantRecord? {
        guard let record = try transaction.tenant(move.tenant) else {
            try fail(move, &batch, operation, "the tenant is gone")
            return nil
        }
        guard record.tenant.cell == move.source, record.tenant.epoch == move.epoch else {
            try fail(
                move, &batch, operation,
                "it is on '\(record.tenant.cell)' at epoch \(record.tenant.epoch), not where the plan expects it"
            )
            return nil
        }
        return record
    }

    private func forEachTenant(
        _ batch: inout Batch, _ operation: Operation, _ change: (inout Tenant) -> Void
    ) throws {
        for move in try activeMoves(batch, operation) {
            guard let record = try tenant(of: move, &batch, operation) else { continue }
            var tenant = record.tenant
            change(&tenant)
            if tenant != record.tenant { _ = try transaction.save(tenant, replacing: record) }
        }
    }

    func setStates(
        of batch: Batch, _ operation: Operation, from states: Set<TenantState>, to state: TenantState
    ) throws {
        for move in try activeMoves(batch, operation) {
            guard let record = try transaction.tenant(move.tenant), record.tenant.cell == move.source,
                states.contains(record.tenant.state)
            else { continue }
            try set(state, record)
        }
    }

    /// Notes with each move why it is taken back.
    private func say(_ why: String, _ batch: Batch, _ operation: Operation) throws {
        guard !why.isEmpty else { return }
        for move in try activeMoves(batch, operation) {
            try transaction.save(move, of: operation, as: move.state, why)
        }
    }

    private func set(_ state: TenantState, _ record: TenantRecord) throws {
        var tenant = record.tenant
        tenant.state = state
        _ = try transaction.save(tenant, replacing: record)
    }

    private func fail(_ move: Move, _ batch: inout Batch, _ operation: Operation, _ why: String) throws {
        try transaction.save(move, of: operation, as: .failed, why)
        batch.failed += 1
        try transaction.log(
            operation.number, "the tenant '\(move.tenant)' is not moved: \(why)", isWarning: true)
    }

    private func isActive(_ cell: CellID) throws -> Bool {
        try transaction.ledger().candidate(cell)?.state == .active
    }
}

extension Batch {
    /// Not the state alone: another freeze, with another revision, may have begun since the other was looked at.
    fileprivate func isWhere(_ seen: Batch) -> Bool {
        state == seen.state && attempt == seen.attempt && frozen == seen.frozen && announced == seen.announced
    }
}
