import JSON
import Registry
import Store

/// What a restore did to what was under way when the backup was made.
public struct RestoreEffects: Sendable {
    public var incarnation: Incarnation
    /// Ended as failed.
    public var operations: [OperationID] = []
    /// Paused.
    public var rollouts: [RolloutID] = []
    /// The entry that stands for gateways nobody knows of.
    public var unknownGateways = ""
    public var tokensRevoked = 0
}

// A restored database is from the past. What it says of work under way was true then: since, the work has gone on, and
// nobody remembers how far. Whatever would act upon that is stopped here, in one transaction, before anything reads it:
//
// - Moves. A batch that was being copied may have been cut over since, and the target may have served for hours: to go
//   on would copy old data over new, and to undo would delete what serves. So every operation ends as failed and no
//   mover is called, neither for `undo` nor for `cleanup`. Before its cutover a batch's tenants serve where they are;
//   after it they stay where they went.
// - Rollouts are paused, and go on when a person has looked.
// - Fencing tokens skip ahead of all that can have been given out since.
// - Gateways that registered since are unknown. One entry stands for them, so that no cutover's barrier takes the list
//   for complete: it blocks for as long as a gateway may hold a table, or until it is deregistered.
// - The incarnation is another: tables, tags, plans and acknowledgements from before count no more.
//
// Kept answers of idempotency keys stay: their effects are in this database, and a repeated request must not have them
// twice. Requests answered since are forgotten together with their effects. Leases of claims run out by themselves.
// Webhook deliveries that were pending are sent again under the ids they had.
extension Change {
    func restored(from manifest: RegistryManifest, revokesTokens: Bool) throws -> RestoreEffects {
        let why = "the registry was restored from the backup '\(manifest.name)' of \(manifest.createdAt)"
        var effects = RestoreEffects(incarnation: .random())
        try transaction.beginLineage(
            effects.incarnation,
            document: [
                "incarnation": .string(effects.incarnation.rawValue), "restoredFrom": manifest.document,
            ])
        try transaction.skipFencingTokens()
        for operation in try transaction.operationsUnderWay() {
            try end(operation, because: why)
            effects.operations.append(operation.id)
        }
        let windows = try transaction.batchesPastWindow(at: Timestamp(rawValue: .max), limit: .max)
        for batch in windows {
            if let operation = try transaction.operation(batch.operation) {
                try close(batch, of: operation, because: why)
            }
        }
        for rollout in try transaction.rolloutsUnderWay() {
            _ = try act(.pause, on: rollout, at: RolloutTime(steady: transaction.now, wall: transaction.now))
            effects.rollouts.append(rollout)
        }
        effects.unknownGateways = try transaction.insertUnknownGateways(of: effects.incarnation)
        if revokesTokens {
            let tokens = try transaction.tokens()
            for token in tokens { try transaction.delete(token) }
            effects.tokensRevoked = tokens.count
        }
        return effects
    }

    private func end(_ operation: Operation, because why: String) throws {
        for batch in try transaction.batches(of: operation, limit: .max) where !batch.state.isEnded {
            try close(batch, of: operation, because: why)
        }
        if let reversed = try operation.reverses.flatMap(transaction.operation) {
            for batch in try transaction.batches(of: reversed, limit: .max) where batch.state == .reversing {
                try close(batch, of: reversed, because: why)
            }
        }
        // Its counts are the rows', which the batches have just changed.
        guard var ended = try transaction.operation(operation.id) else { return }
        ended.life = OperationLife(.failed)
        ended.endedAt = transaction.now
        ended.blockers = [Blocker(kind: "restore", id: "registry", message: why)]
        try transaction.log(ended.number, "failed: \(why)", isWarning: true, isLast: true)
        _ = try transaction.save(ended)
    }

    /// Leaves the batch's tenants whole on the cell that they are on, without a word to the mover.
    private func close(_ seen: Batch, of operation: Operation, because why: String) throws {
        var batch = seen
        batch.message = why
        batch.settledAt = batch.settledAt ?? transaction.now
        switch batch.state {
        case .planned, .preparing, .copying, .announced, .freezing, .cutover, .aborting:
            let moves = try activeMoves(batch, operation)
            if batch.state != .aborting { batch.failed += Int64(moves.count) }
            try setStates(of: batch, operation, from: [.migrating, .frozen], to: .serving)
            for move in moves { try transaction.save(move, of: operation, as: .returned, why) }
            batch.state = .aborted
            try transaction.count(operation.number, failed: batch.failed)
        case .confirming:
            batch.state = .done
            try transaction.count(operation.number, completed: batch.moved, failed: batch.failed)
        case .reversible, .reversing:
            batch.state = .done
        case .done, .aborted, .reversed: return
        }
        guard try transaction.save(batch, of: operation, in: seen.state) else {
            throw RegistryError(.internalError, "A batch has changed within its own transaction.")
        }
    }
}
