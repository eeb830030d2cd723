import JSON
import Registry
import Store

/// Ends operations whose batches are all settled: by what is observed, never by what was meant.
struct EndOperations: Reconciler {
    let controlPlane: ControlPlane
    let name = "endOperations"
    let period = Duration.seconds(1)
    var wakeUp: WakeUp? { controlPlane.moves.end }

    func step() async throws -> String {
        let underWay = try controlPlane.store.read { transaction in
            try transaction.operationsUnderWay().filter { try transaction.isSettled($0) }
        }
        var ended = 0
        var blockers: [OperationID: [Blocker]] = [:]
        var failure: (any Error)?
        for operation in underWay where operation.life.state == .running {
            do {
                let found = try await controlPlane.store.write(as: operation.context, bulk: true) {
                    [controlPlane] transaction in
                    try Ending(Change(transaction), controlPlane).step(operation.id)
                }
                if let found { blockers[operation.id] = found } else { ended += 1 }
            } catch {
                failure = failure ?? error
            }
        }
        controlPlane.moves.monitor.observed(ending: blockers)
        if ended > 0 { controlPlane.moves.advance.wake() }
        if let failure { throw failure }
        return "\(underWay.count) operations are settled, \(ended) have ended"
    }
}

/// One operation's end, within a transaction.
struct Ending {
    let change: Change
    let controlPlane: ControlPlane

    init(_ change: Change, _ controlPlane: ControlPlane) {
        self.change = change
        self.controlPlane = controlPlane
    }

    private var transaction: WriteTransaction { change.transaction }

    /// - Returns: what the operation still waits for; nil where it has ended.
    func step(_ id: OperationID) throws -> [Blocker]? {
        guard let operation = try transaction.operation(id), operation.life.state == .running,
            try transaction.isSettled(operation)
        else { return [] }
        if operation.life.isCancelling {
            for leaving in operation.leaving { try change.giveBack(leaving) }
            try end(operation, by: .settle)
            return nil
        }
        guard operation.kind.empties else {
            try end(operation, by: operation.failed > 0 ? .fail : .succeed)
            return nil
        }
        return try empty(operation)
    }

    /// What a drain waits for: no tenant on the cell, and every live gateway at or past the revision that says so.
    private func empty(_ operation: Operation) throws -> [Blocker]? {
        let monitor = controlPlane.moves.monitor
        let isPastDeadline = transaction.now >= operation.deadlineAt
        let rest =
            operation.failed > 0
            ? monitor.rest(of: operation.id, at: controlPlane.clock.uptime(), transaction.now) : nil
        let barrier = Barrier(gateways: controlPlane.barrierGateways(), seal: nil)
        var blockers = try rest.map { try triedInVain(operation, until: $0) } ?? []
        for leaving in operation.leaving {
            let cell = leaving.cell
            guard let record = try transaction.cell(cell), record.cell.state == .draining else {
                // Put back into service meanwhile, as a reversal of an earlier drain does: this one is not done.
                if let state = try transaction.cell(cell)?.cell.state, state != .drained, state != .retired {
                    blockers.append(
                        Blocker(
                            kind: "cell", id: cell.rawValue,
                            message: "is \(state.rawValue) again: cancel this, or drain it anew"))
                }
                continue
            }
            guard try transaction.occupants(of: cell) == 0 else {
                monitor.forget(emptied: cell, by: operation.id)
                blockers += try remaining(on: cell, operation, plans: !isPastDeadline && rest == nil)
                continue
            }
            let revision = monitor.emptied(
                cell, by: operation.id, at: try transaction.routingRevision())
            switch barrier.isConfirmed(cutover: revision) {
            case .waiting(let gateways): blockers += gateways
            case .held:
                _ = try change.move(cell: cell, by: .observedEmpty)
                monitor.forget(emptied: cell, by: operation.id)
                try transaction.log(
                    operation.number,
                    "'\(cell)' is observed to be empty: no tenant on it at revision \(revision)")
            }
        }
        if blockers.isEmpty {
            try end(operation, by: .succeed)
            return nil
        }
        if isPastDeadline, operation.options.onStragglers != .wait {
            var changed = operation
            changed.blockers = try heldUp(operation) + blockers
            try end(changed, by: .fail)
            return nil
        }
        return blockers
    }

    /// Tenants that are still there: planned anew where no other operation moves them.
    private func remaining(on cell: CellID, _ operation: Operation, plans: Bool) throws -> [Blocker] {
        let tenants = try transaction.tenantsAtRest(on: cell)
        if plans, !tenants.isEmpty {
            let start = MigrationStart(
                kind: operation.kind, resource: operation.resource, options: operation.options,
                leaving: operation.leaving, tenants: tenants)
            let plan = try MovePlan(start, in: transaction)
            guard plan.moves.isEmpty else {
                try change.extend(operation, by: plan.moves, start)
                controlPlane.moves.monitor.triesAgain(operation.id)
                let message = "has \(plan.moves.count) tenants that are planned anew"
                return [Blocker(kind: "cell", id: cell.rawValue, message: message)]
            }
            return plan.unplaceable.map(\.blocker)
        }
        let count = try transaction.occupants(of: cell)
        return tenants.isEmpty
            ? [
                Blocker(
                    kind: "cell", id: cell.rawValue,
                    message: "has \(count) tenants that other operations move")
            ]
            : tenants.prefix(Limits.blockersShownMax).map {
                Blocker(kind: "tenant", id: $0.id.rawValue, message: "is still on '\(cell)'")
            }
    }

    /// What the last try came to: who would not have the tenants moved, in his own words.
    private func triedInVain(_ operation: Operation, until next: Timestamp) throws -> [Blocker] {
        var found: [Blocker] = []
        let kind = operation.options.mover == .none ? "batch" : "mover"
        for move in try transaction.moves(of: operation, state: .returned, limit: Limits.blockersShownMax) {
            let why = move.message.isEmpty ? "was taken back" : move.message
            let blocker = Blocker(
                kind: kind, id: "batch \(move.batch)", message: "\(why); tried again at \(next)")
            if !found.contains(blocker) { found.append(blocker) }
        }
        for move in try transaction.moves(of: operation, state: .failed, limit: Limits.blockersShownMax) {
            found.append(
                Blocker(
                    kind: "tenant", id: move.tenant.rawValue,
                    message: "\(move.message); tried again at \(next)"))
        }
        return found
    }

    /// Tenants that are where they were, each with what kept it there.
    private func left(_ operation: Operation) throws -> [Blocker] {
        var left = try transaction.moves(of: operation, state: .failed, limit: Limits.blockersShownMax)
        left += try transaction.moves(of: operation, state: .returned, limit: Limits.blockersShownMax)
        return left.prefix(Limits.blockersShownMax).map { move in
            Blocker(
                kind: "tenant", id: move.tenant.rawValue,
                message: move.state == .failed
                    ? move.message
                    : "was taken back" + (move.message.isEmpty ? " at the deadline" : ": \(move.message)"))
        }
    }

    /// What batches that were taken back had waited for, said once.
    private func heldUp(_ operation: Operation) throws -> [Blocker] {
        var found: [Blocker] = []
        for batch in try transaction.batches(of: operation, limit: Int.max)
        where batch.state == .aborted && !batch.message.isEmpty {
            let blocker = Blocker(kind: "batch", id: String(batch.number), message: batch.message)
            if !found.contains(where: { $0.message == blocker.message }) { found.append(blocker) }
        }
        return Array(found.prefix(5))
    }

    private func end(_ seen: Operation, by event: OperationEvent) throws {
        var operation = seen
        controlPlane.moves.monitor.forget(operation.id)
        operation.life = try operation.life.after(event)
        operation.endedAt = transaction.now
        operation.evidence = try evidence(of: operation)
        if event == .fail, operation.blockers.isEmpty {
            operation.blockers = try heldUp(operation) + left(operation)
        }
        try transaction.log(
            operation.number,
            "\(operation.life.state.rawValue): \(operation.outcome)",
            isWarning: event == .fail, isLast: true)
        _ = try transaction.save(operation)
        if let reversed = try operation.reverses.flatMap(transaction.operation) {
            let step = Change.Step(event: event == .succeed ? .reversalDone : .reversalFailed)
            for batch in try transaction.batches(of: reversed, limit: Int.max) where batch.state == .reversing
            {
                _ = try change.take(step, of: batch, in: reversed)
            }
        }
    }

    /// The revision that shows what was done, which every live gateway has, and how each batch's barrier was held.
    private func evidence(of operation: Operation) throws -> JSONObject {
        let batches = try transaction.batches(of: operation, limit: Int.max).filter { $0.moved > 0 }
        var evidence: JSONObject = ["observedAt": .string(transaction.now.description)]
        var revision = batches.compactMap(\.cutover).max()
        if operation.kind.empties {
            let left = try operation.leaving.reduce(Int64(0)) { try $0 + transaction.occupants(of: $1.cell) }
            evidence["tenantsLeft"] = .integer(left)
            revision = max(
                revision ?? .zero, try transaction.routingRevision(before: transaction.events.first?.revision)
            )
        }
        guard let revision else { return evidence }
        let gateways = controlPlane.barrierGateways()
        let live = gateways.filter(\.isLive)
        evidence["revision"] = .string("\(controlPlane.incarnation).\(revision)")
        evidence["gateways"] = [
            "live": .integer(Int64(live.count)),
            "applied": .integer(Int64(live.count { $0.hasApplied(revision) })),
            "expired": .array(
                gateways.filter { !$0.isLive }.prefix(Limits.blockersShownMax).map { .string($0.id) }),
        ]
        var barriers = JSONObject()
        for name in Barrier.Guard.allCases {
            barriers[name.rawValue] = .integer(Int64(batches.count { $0.heldBy == name }))
        }
        evidence["barriers"] = .object(barriers)
        return evidence
    }
}

extension Operation {
    /// What has become of its tenants: `150 tenants moved, 6 failed, 44 left where they were`.
    fileprivate var outcome: String {
        let left = total - completed - failed
        return "\(completed) tenants moved" + (failed > 0 ? ", \(failed) failed" : "")
            + (left > 0 ? ", \(left) left where they were" : "")
    }
}
