import JSON
import Registry
import Store
import Testing

@testable import ControlPlane

/// A step in the life of a rollout at which a crash may come.
enum RolloutCrashPoint: String, CaseIterable, Sendable {
    case create, begin, openWave, succeed
    case claim, takeOver, renew, reportHealthy, reportUnhealthy, reportUnreachable
    case measureGood, measureBad, bake, skip, late, silent
    case awaitApproval, approve, reject, approvalTimeout
    case pause, resume, stall, brake, abort, retry
    case rollBack, failureBudget, claimBack, takeOverBack, reportBack, reportNotBack, lateBack, returned
    case failBack, retryBack

    /// The step, and what it must have brought about.
    struct Step: Sendable {
        var take: @Sendable (Change) throws -> Void
        var isTaken: @Sendable (RolloutRun) -> Bool
    }

    /// Brings a fleet to where the step comes next, and says what it is.
    func prepare(_ fleet: RollingFleet) async throws -> Step {
        switch self {
        case .create:
            let (request, now) = (try RollingFleet.request(), fleet.plane.rolloutTime)
            return Step {
                _ = try $0.createRollout(request, at: now)
            } isTaken: {
                $0.rollout.life.state == .pending && $0.cells.count == 6
            }
        case .begin:
            return advance(try await fleet.create(), fleet) { $0.rollout.life.state == .running }
        case .openWave, .succeed, .bake, .awaitApproval, .skip:
            return try await prepareForward(fleet)
        case .claim, .takeOver, .renew, .reportHealthy, .reportUnhealthy, .reportUnreachable, .late, .silent,
            .failureBudget:
            return try await prepareCell(fleet)
        case .measureGood, .measureBad:
            return try await prepareGate(fleet)
        case .approve, .reject, .approvalTimeout, .pause, .resume, .stall, .brake, .abort, .retry, .rollBack:
            return try await prepareRollout(fleet)
        case .claimBack, .takeOverBack, .reportBack, .reportNotBack, .lateBack, .returned, .failBack,
            .retryBack:
            return try await prepareBack(fleet)
        }
    }

    // MARK: Forward

    private func prepareForward(_ fleet: RollingFleet) async throws -> Step {
        let approval: JSONObject = self == .awaitApproval ? ["approval": ["waves": [2]]] : [:]
        let id = try await fleet.create(approval)
        try await fleet.advance()
        if self == .skip { try await fleet.plane.move(cell: "cell-4", .drain) }
        try await fleet.changeAll(id)
        switch self {
        case .succeed:
            fleet.time.advance(.seconds(60))
            try await fleet.changeAll(id)
            fleet.time.advance(.seconds(60))
            return advance(id, fleet) { $0.rollout.life.state == .succeeded }
        case .awaitApproval:
            fleet.time.advance(.seconds(60))
            return advance(id, fleet) { $0.rollout.life.state == .awaitingApproval }
        case .skip:
            fleet.time.advance(.seconds(60))
            return advance(id, fleet) { $0.state(of: 4) == .skipped }
        case .bake:
            fleet.time.advance(.seconds(60))
            return advance(id, fleet) { $0.state(of: 1) == .succeeded }
        default:
            fleet.time.advance(.seconds(60))
            return advance(id, fleet) { $0.rollout.wave == 2 }
        }
    }

    // MARK: Cells

    private func prepareCell(_ fleet: RollingFleet) async throws -> Step {
        let id = try await fleet.create(self == .failureBudget ? [:] : ["failureBudget": 9, "canary": []])
        try await fleet.advance()
        if self == .claim {
            return claim(1, of: id, fleet) { $0.state(of: 1) == .updating && $0.rollout.wave == 1 }
        }
        let work = try #require(try await fleet.claim(id, cell: 1))
        switch self {
        case .takeOver:
            fleet.time.advance(.seconds(301))
            return claim(1, of: id, fleet) { run in
                run.state(of: 1) == .updating && run.cell(1)?.claim?.token.rawValue ?? 0 > work.token
            }
        case .renew:
            fleet.time.advance(.seconds(20))
            let now = fleet.plane.rolloutTime.steady
            return report(work, nil, id, fleet) { $0.cell(1)?.reportedAt == now }
        case .reportHealthy: return report(work, true, id, fleet) { $0.state(of: 1) == .baking }
        case .reportUnhealthy: return report(work, false, id, fleet) { $0.state(of: 1) == .failed }
        case .failureBudget: return report(work, false, id, fleet) { $0.rollout.life.state == .rollingBack }
        case .reportUnreachable:
            return report(work, nil, reachable: false, id, fleet) { $0.state(of: 1) == .unreachable }
        case .silent:
            fleet.time.advance(.seconds(601))
            return advance(id, fleet) { $0.state(of: 1) == .unreachable }
        default:
            try await fleet.report(work, id, healthy: nil)
            fleet.time.advance(.seconds(601))
            return advance(id, fleet) { $0.state(of: 1) == .failed }
        }
    }

    private func prepareGate(_ fleet: RollingFleet) async throws -> Step {
        let gate: JSONValue = [
            "name": "health", "type": "health", "onMissing": "pass", "failureThreshold": 1,
        ]
        let id = try await fleet.create(["gates": [gate], "failureBudget": 9, "canary": []])
        try await fleet.advance()
        let work = try #require(try await fleet.claim(id, cell: 1))
        try await fleet.report(work, id)
        fleet.time.advance(.seconds(30))
        let now = fleet.plane.rolloutTime
        let isGood = self == .measureGood
        let evidence = GateEvidence(
            cell: work.cell, release: ReleaseName("v1.1.0")!, attempt: 1, gate: "health",
            outcome: isGood ? .good : .bad, observedAt: now.steady)
        return Step {
            _ = try $0.add([evidence], to: id, at: now)
        } isTaken: {
            isGood ? $0.cell(1)?.tallies.first?.good == 1 : $0.state(of: 1) == .failed
        }
    }

    // MARK: The rollout as a whole

    private func prepareRollout(_ fleet: RollingFleet) async throws -> Step {
        let isAsked = self == .approve || self == .reject || self == .approvalTimeout
        let approval: JSONObject =
            isAsked ? ["approval": ["waves": [1], "timeout": "1h", "onTimeout": "abort"]] : [:]
        let id = try await fleet.create(approval, onFailure: self == .retry ? "pause" : "rollback")
        try await fleet.advance()
        switch self {
        case .approve: return act(.approve(wave: 1), on: id, fleet) { $0.rollout.approvedWave == 1 }
        case .reject: return act(.reject(wave: 1), on: id, fleet) { $0.rollout.life.isGoingBack }
        case .approvalTimeout:
            fleet.time.advance(.seconds(3600))
            return advance(id, fleet) { $0.rollout.life.state == .aborted }
        case .pause: return act(.pause, on: id, fleet) { $0.rollout.life.state == .paused }
        case .resume:
            try await fleet.act(.pause, on: id)
            return act(.resume, on: id, fleet) { $0.rollout.life.state == .running }
        case .stall:
            fleet.time.advance(.seconds(601))
            return advance(id, fleet) { $0.rollout.cause?.kind == .stalled }
        case .brake:
            try await fleet.write {
                _ = try $0.putPolicies(["massFailureBrake": ["unhealthyPercent": 10, "cellsMin": 1]])
            }
            for number in 4...6 {
                try await fleet.plane.patch(cell: "cell-\(number)", ["health": ["status": "unhealthy"]])
            }
            return advance(id, fleet) { $0.rollout.cause?.kind == .brake }
        case .abort:
            try await fleet.changeAll(id)
            return act(.abort, on: id, fleet) {
                $0.rollout.life.state == .aborted && $0.state(of: 1) == .abandoned
            }
        case .rollBack:
            try await fleet.changeAll(id)
            return act(.rollBack, on: id, fleet) {
                $0.rollout.life.state == .rollingBack && $0.state(of: 1) == .rollbackPending
            }
        default:
            let work = try #require(try await fleet.claim(id))
            try await fleet.report(work, id, healthy: false)
            return act(.retry([]), on: id, fleet) {
                $0.rollout.life.state == .running && $0.state(of: 1) == .pending
            }
        }
    }

    // MARK: Back

    private func prepareBack(_ fleet: RollingFleet) async throws -> Step {
        let id = try await fleet.create(["canary": [], "maxParallel": 2])
        try await fleet.advance()
        let forward = try #require(try await fleet.claim(id, cell: 1))
        try await fleet.report(forward, id)
        try await fleet.act(.rollBack, on: id)
        if self == .claimBack { return claim(1, of: id, fleet) { $0.state(of: 1) == .rollingBack } }
        let work = try #require(try await fleet.claim(id, cell: 1))
        #expect(work.isBack)
        switch self {
        case .takeOverBack:
            fleet.time.advance(.seconds(301))
            return claim(1, of: id, fleet) { run in
                run.state(of: 1) == .rollingBack && run.cell(1)?.claim?.token.rawValue ?? 0 > work.token
            }
        case .reportBack, .returned:
            return report(work, true, id, fleet) {
                $0.state(of: 1) == .rolledBack && $0.rollout.life.state == .rolledBack
            }
        case .reportNotBack, .failBack:
            return report(work, false, id, fleet) {
                $0.state(of: 1) == .rollbackFailed && $0.rollout.life.state == .failed
            }
        case .lateBack:
            fleet.time.advance(.seconds(601))
            return advance(id, fleet) { $0.state(of: 1) == .rollbackFailed }
        default:
            try await fleet.report(work, id, healthy: false)
            return act(.retry([]), on: id, fleet) {
                $0.state(of: 1) == .rollbackPending && $0.rollout.life.state == .rollingBack
            }
        }
    }

    // MARK: Steps

    private func advance(
        _ id: RolloutID, _ fleet: RollingFleet, _ isTaken: @escaping @Sendable (RolloutRun) -> Bool
    ) -> Step {
        let now = fleet.plane.rolloutTime
        return Step(take: { _ = try $0.advance(id, at: now) }, isTaken: isTaken)
    }

    private func claim(
        _ cell: Int, of id: RolloutID, _ fleet: RollingFleet,
        _ isTaken: @escaping @Sendable (RolloutRun) -> Bool
    ) -> Step {
        let (request, now) = (
            ClaimRequest(worker: "again", cell: CellID("cell-\(cell)")), fleet.plane.rolloutTime
        )
        return Step(take: { _ = try $0.claim(request, of: id, at: now) }, isTaken: isTaken)
    }

    private func report(
        _ work: RollingFleet.Work, _ healthy: Bool?, reachable: Bool = true, _ id: RolloutID,
        _ fleet: RollingFleet, _ isTaken: @escaping @Sendable (RolloutRun) -> Bool
    ) -> Step {
        let now = fleet.plane.rolloutTime
        let report = work.report(healthy, reachable: reachable, at: now.steady)
        return Step(take: { _ = try $0.report(report, of: work.cell, in: id, at: now) }, isTaken: isTaken)
    }

    private func act(
        _ action: Change.RolloutAction, on id: RolloutID, _ fleet: RollingFleet,
        _ isTaken: @escaping @Sendable (RolloutRun) -> Bool
    ) -> Step {
        let now = fleet.plane.rolloutTime
        return Step(take: { _ = try $0.act(action, on: id, at: now) }, isTaken: isTaken)
    }
}

extension RolloutRun {
    fileprivate func cell(_ number: Int) -> RolloutCell? {
        cells.first { $0.cell.rawValue == "cell-\(number)" }
    }

    fileprivate func state(of number: Int) -> RolloutCellState? { cell(number)?.state }
}
