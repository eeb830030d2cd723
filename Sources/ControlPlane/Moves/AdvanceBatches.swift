import Registry
import Store

/// Takes every batch one step on, where its situation allows one.
///
/// Reads all that is under way, decides batch by batch (`BatchSituation`, which is pure), and takes each step in a
/// transaction of its own that checks once more where the batch stands. Stopped between any two of them it goes on
/// from the rows, and a step that was taken already is not taken twice.
struct AdvanceBatches: Reconciler {
    let controlPlane: ControlPlane
    let name = "advanceBatches"
    let period = Duration.seconds(1)
    var wakeUp: WakeUp? { controlPlane.moves.advance }

    func step() async throws -> String {
        let now = controlPlane.clock.now()
        var view = try controlPlane.store.read { try MovesInView($0, now: now) }
        guard !view.batches.isEmpty || !view.planned.isEmpty else {
            controlPlane.moves.monitor.observed(waiting: [:])
            // An operation may have had nothing to move at all.
            if !view.operations.isEmpty { controlPlane.moves.end.wake() }
            return "nothing moves"
        }
        let gateways = controlPlane.barrierGateways()
        let holds = controlPlane.holds(view)
        var waiting: [OperationID: [Int64: [Blocker]]] = [:]
        var taken = 0
        var pauses: [OperationID: Blocker] = [:]
        var isSaved = false
        var failure: (any Error)?
        for batch in view.batches + view.planned {
            guard let operation = view.operations[batch.operation] else { continue }
            var situation = BatchSituation(
                batch: batch, options: operation.options, life: operation.life,
                isPastDeadline: now >= operation.deadlineAt, now: now,
                frozenFor: controlPlane.moves.monitor.frozenFor(batch, at: controlPlane.clock.uptime()),
                barrier: Barrier(gateways: gateways, seal: controlPlane.seal(of: batch.source)),
                hasPlace: true, holds: operation.holds(among: holds),
                restedFor: controlPlane.moves.monitor.restedFor(batch, at: controlPlane.clock.uptime()))
            // Places are taken only for what would begin.
            if situation.decision == .take(.begin), !view.takePlaces(for: batch) {
                situation.hasPlace = false
                let holders = view.holders(ofPlacesFor: batch)
                if !holders.isEmpty { waiting[operation.id, default: [:]][batch.number] = holders }
            }
            switch situation.decision {
            case .wait(let blockers):
                if !blockers.isEmpty { waiting[operation.id, default: [:]][batch.number] = blockers }
                // The first of those to come: batches are planned in the order of their steps.
                if let pause = situation.pause { pauses[operation.id] = pauses[operation.id] ?? pause }
            case .call:
                controlPlane.moves.callMovers.wake()
                guard !batch.message.isEmpty else { continue }
                waiting[operation.id, default: [:]][batch.number] = [
                    Blocker(kind: "mover", id: "batch \(batch.number)", message: batch.message)
                ]
            case .take(let event):
                let step = Change.Step(event: event, note: note(on: situation))
                do {
                    // Who knows of the announcement is on disk before a freeze: a start that had forgotten it would wait
                    // for one that has fallen silent since as for one that never knew.
                    if event == .freeze, !isSaved {
                        _ = try await SaveGatewayContacts(controlPlane: controlPlane).step()
                        isSaved = true
                    }
                    taken += try await take(step, batch, operation)
                } catch { failure = failure ?? error }
            case .pass(let by):
                let step = Change.Step(
                    event: .barrierHeld, heldBy: by, note: note(on: situation),
                    barrier: situation.barrier.evidence(
                        for: batch, at: now, in: controlPlane.incarnation))
                do { taken += try await take(step, batch, operation) } catch { failure = failure ?? error }
            }
        }
        // A step that is under way is what the operation waits for, and not the next.
        for (operation, pause) in pauses where view.placesTaken.operations[operation] == nil {
            waiting[operation] = waiting[operation] ?? [0: [pause]]
        }
        controlPlane.moves.monitor.observed(waiting: waiting)
        if taken > 0 {
            controlPlane.moves.advance.wake()
            controlPlane.moves.end.wake()
        }
        // One batch that can't go on must not keep the tenants of the others frozen.
        if let failure { throw failure }
        return "\(view.batches.count) batches in flight, \(view.planned.count) planned, \(taken) steps taken"
    }

    private func take(_ step: Change.Step, _ batch: Batch, _ operation: Operation) async throws -> Int {
        try await controlPlane.store.write(as: operation.context, bulk: batch.tenants > 50) { transaction in
            try Change(transaction).take(step, of: batch, in: operation) == nil ? 0 : 1
        }
    }

    /// Who was waited for, where a batch goes on without them or is taken back.
    private func note(on situation: BatchSituation) -> String {
        guard let announced = situation.batch.announced else { return "" }
        let verdict =
            situation.batch.frozen.map { situation.barrier.isHeld(announced: announced, frozen: $0) }
            ?? situation.barrier.isReady(announced: announced)
        guard case .waiting(let blockers) = verdict else { return "" }
        let named = blockers.prefix(5).map { "\($0.kind) '\($0.id)' \($0.message)" }.joined(separator: "; ")
        return blockers.count > 5 ? "\(named); and \(blockers.count - 5) more" : named
    }
}

extension Operation {
    /// Those that its override does not lift: it names its rules one by one.
    func holds(among holds: [Blocker]) -> [Blocker] {
        let lifted = Set((options.override?.rules ?? []).map(\.rawValue))
        return holds.filter { !lifted.contains($0.id) }
    }

    /// What its steps are audited as: done for whoever asked for it, as part of this operation.
    var context: ChangeContext {
        ChangeContext(
            principal: Principal(name: actor, role: .operator), operation: kind.rawValue,
            reason: reason.isEmpty ? id.rawValue : "\(id): \(reason)".cut(toBytes: Limits.reasonBytesMax))
    }
}
