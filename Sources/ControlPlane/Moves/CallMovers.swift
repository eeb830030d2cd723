import Registry
import Store

/// Makes one call to a mover, where a batch waits for a phase: several of these run beside each other, so that a copier
/// that is slow to answer holds up nobody else's batch.
struct CallMovers: Reconciler {
    static let count = 8

    let number: Int
    let controlPlane: ControlPlane
    var name: String { "callMovers\(number)" }
    let period = Duration.seconds(1)
    var wakeUp: WakeUp? { number == 1 ? controlPlane.moves.callMovers : nil }

    func step() async throws -> String {
        let now = controlPlane.clock.now()
        let view = try controlPlane.store.read { try MovesInView(begun: $0, now: now) }
        let gateways = controlPlane.barrierGateways()
        for batch in view.batches {
            guard let operation = view.operations[batch.operation],
                case .webhook = operation.options.mover,
                case .call(let phase) = situation(batch, operation, gateways, now).decision,
                let failures = controlPlane.moves.monitor.beginCall(batch, at: controlPlane.clock.uptime())
            else { continue }
            return try await call(phase, batch, operation, failures: failures)
        }
        return "no batch waits for its mover"
    }

    private func situation(
        _ batch: Batch, _ operation: Operation, _ gateways: [Barrier.Gateway], _ now: Timestamp
    ) -> BatchSituation {
        BatchSituation(
            batch: batch, options: operation.options, life: operation.life,
            isPastDeadline: now >= operation.deadlineAt, now: now,
            frozenFor: controlPlane.moves.monitor.frozenFor(batch, at: controlPlane.clock.uptime()),
            barrier: Barrier(gateways: gateways, seal: controlPlane.seal(of: batch.source)), hasPlace: false,
            holds: [])
    }

    private func call(
        _ phase: MoverPhase, _ batch: Batch, _ operation: Operation, failures: Int
    ) async throws -> String {
        let what = "\(operation.id)/\(batch.number)/\(phase.rawValue)"
        do {
            let moves = try controlPlane.store.read {
                try $0.moves(of: operation, batch: batch.number, for: phase)
            }
            guard !moves.isEmpty || phase != .cleanup else {
                try await note(phase, "every tenant is back on the source", batch, operation)
                controlPlane.moves.monitor.endCall(batch, notBefore: nil, isAnswered: true)
                return "\(what) has nothing to do"
            }
            let outcome = await controlPlane.movers.mover(for: operation.options.mover).call(
                MoverCall(
                    migration: operation.id.rawValue, batch: batch.number, phase: phase,
                    attempt: batch.attempt,
                    source: batch.source,
                    tenants: moves.map {
                        MoverCall.Item(tenant: $0.tenant, target: $0.target, epoch: $0.epoch)
                    }, deadline: batch.freezeDeadline ?? operation.deadlineAt, failures: failures))
            let pause = try await record(outcome, phase, batch, operation)
            controlPlane.moves.monitor.endCall(
                batch, notBefore: pause.map { controlPlane.clock.uptime() + $0.time },
                isAnswered: pause?.isAnswered ?? true)
        } catch {
            controlPlane.moves.monitor.endCall(
                batch, notBefore: controlPlane.clock.uptime() + .seconds(1), isAnswered: false)
            throw error
        }
        controlPlane.moves.advance.wake()
        return "called \(what)"
    }

    /// - Returns: how long to wait before the next call, and whether this one was answered; nil where none is needed.
    private func record(
        _ outcome: MoverOutcome, _ phase: MoverPhase, _ batch: Batch, _ operation: Operation
    ) async throws -> (time: Duration, isAnswered: Bool)? {
        switch outcome {
        case .done(let message):
            try await note(phase, message, batch, operation)
            return nil
        case .running(let progress, let message, let askAgainAfter):
            let share = progress.map { " \(Int($0 * 100)) %" } ?? ""
            try await note(nil, "\(phase.rawValue)\(share): \(message)", batch, operation)
            return (askAgainAfter, true)
        case .unreachable(let message, let retryAfter):
            try await note(nil, "\(phase.rawValue): \(message)", batch, operation)
            return (retryAfter, false)
        case .failed(let message):
            let text = "\(phase.rawValue): \(message)"
            switch phase {
            case .prepare, .copy, .catchUp, .finalCopy:
                _ = try await controlPlane.store.write(as: operation.context) { transaction in
                    try Change(transaction).take(
                        Change.Step(event: .abort, note: text), of: batch, in: operation)
                }
                return nil
            case .cleanup, .undo:
                // The tenants are whole; what is left over needs a person, or another try.
                try await note(nil, text, batch, operation)
                return (.seconds(60), false)
            }
        }
    }

    private func note(
        _ phase: MoverPhase?, _ message: String, _ batch: Batch, _ operation: Operation
    ) async throws {
        try await controlPlane.store.write(as: operation.context) { transaction in
            try Change(transaction).note(phase: phase, message, of: batch, in: operation)
        }
    }
}

extension ReadTransaction {
    /// The moves that the phase is about. A clean-up deletes data on the source: it is about no tenant that is there
    /// again, or on its way there, since another migration may have brought it back within the window.
    fileprivate func moves(of operation: Operation, batch: Int64, for phase: MoverPhase) throws -> [Move] {
        try moves(of: operation, batch: batch).filter { move in
            guard move.state != .failed else { return false }
            guard phase == .cleanup else { return true }
            return try tenant(move.tenant)?.tenant.cell != move.source
                && target(ofMoving: move.tenant) != move.source
        }
    }
}
