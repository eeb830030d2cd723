// Whether the rollout goes on, stops or turns back.
extension RolloutSituation {
    /// Failures that count.
    var failures: Int { cells.count(where: hasFailed) }

    func hasFailed(_ cell: RolloutCell) -> Bool {
        cell.state == .failed || (cell.state == .unreachable && strategy.unreachable == .fail)
    }

    var failure: RolloutStep.Change? {
        let failed = failures
        guard failed > rollout.forgiven else { return nil }
        let names = cells.lazy.filter(hasFailed).prefix(3).map(\.cell.rawValue).joined(separator: ", ")
        let named = failed > 3 ? "\(names) and \(failed - 3) more" : names
        let cause: RolloutCause
        let allowed = rollout.failuresMax(of: cells.count)
        if failed > allowed {
            cause = RolloutCause(
                .failureBudget,
                "\(failed.counted("cell")) \(failed == 1 ? "has" : "have") failed (\(named)), and \(allowed) may"
            )
        } else if isWaveDead {
            cause = RolloutCause(
                .waveFailed, "no cell of wave \(rollout.wave) has succeeded; failed have \(named)")
        } else {
            return nil
        }
        switch rollout.onFailure {
        case .pause: return .event(.pause, cause)
        case .rollback:
            guard brake.isOfUntouched, let figures = brake.tripped else { return .event(.rollBack, cause) }
            return .event(
                .pause,
                RolloutCause(
                    .brake, "\(figures), untouched ones too, so the release may not be why: \(cause.message)")
            )
        }
    }

    /// The wave is settled, and nothing in it has come out well.
    private var isWaveDead: Bool {
        let wave = cells.filter { $0.wave == rollout.wave }
        return wave.allSatisfy(isSettled) && wave.contains(where: hasFailed)
            && !wave.contains { $0.state == .succeeded }
    }

    var braked: RolloutStep.Change? {
        brake.tripped.map { .event(.pause, RolloutCause(.brake, $0)) }
    }

    var brakeBlocker: Blocker? {
        brake.tripped.map { Blocker(kind: "policy", id: SafetyRule.massFailureBrake.rawValue, message: $0) }
    }

    /// Its wave need not wait for it any more.
    func isSettled(_ cell: RolloutCell) -> Bool {
        switch cell.state {
        case .succeeded, .failed, .skipped: true
        case .unreachable: strategy.unreachable != .wait
        case .pending, .updating, .baking, .abandoned, .rollbackPending, .rollingBack, .rolledBack,
            .rollbackFailed:
            false
        }
    }

    var forward: RolloutStep.Change? {
        guard cells.allSatisfy({ $0.wave > rollout.wave || isSettled($0) }) else {
            // A cell of an earlier wave was taken up again, or has turned bad since.
            return rollout.life.state == .awaitingApproval ? .event(.approve, nil) : nil
        }
        let next = rollout.wave + 1
        guard next <= rollout.waves.count else { return .event(.succeed, nil) }
        guard let approval = strategy.approval, approval.isAsked(before: next), rollout.approvedWave < next
        else { return rollout.life.state == .running ? .open(wave: next) : .event(.approve, nil) }
        guard rollout.life.state == .awaitingApproval, let asked = rollout.askedAt else {
            return .event(.awaitApproval, nil)
        }
        guard now >= asked.advanced(byMilliseconds: approval.timeout.milliseconds) else { return nil }
        let cause = RolloutCause(
            .approvalTimeout, "nobody approved wave \(next) in \(approval.timeout.go)")
        switch approval.onTimeout {
        case .pause: return .event(.pause, cause)
        case .approve: return .event(.approve, cause)
        case .rollback: return .event(.rollBack, cause)
        case .abort: return .event(.abort, cause)
        }
    }

    /// Cells that could be claimed, and nobody does: not the release's fault, so it is never rolled back for it.
    func stalled(_ claimable: [Int]) -> RolloutStep.Change? {
        guard rollout.life.state == .running, !claimable.isEmpty,
            now >= rollout.progressAt.advanced(byMilliseconds: strategy.progressDeadline.milliseconds)
        else { return nil }
        return .event(
            .pause,
            RolloutCause(
                .stalled,
                "\(claimable.count.counted("cell")) can be claimed, and nobody has claimed or reported since \(rollout.progressAt)"
            ))
    }
}
