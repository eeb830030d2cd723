import JSON

// A rollout as the API shows it: the same names as an operation's (`state`, `done`, `progress`, `blockers`, `nextSteps`),
// so that clients wait for both alike.
extension RolloutRun {
    /// How far a wave is.
    public enum WaveState: String, Sendable, CaseIterable {
        case waiting, changing, baking, baked, rollingBack, rolledBack
    }

    /// - Parameters:
    ///   - step: what its situation says now; blockers past the limit are counted in `blockersOmitted`.
    ///   - uncovered: cells that the selector takes and that came after it was planned.
    public func shown(_ step: RolloutStep, uncovered: [CellID] = []) -> JSONObject {
        var object = rollout.spec
        object["override"] = rollout.override?.document
        object["id"] = .string(rollout.id.rawValue)
        object["state"] = .string(rollout.life.state.rawValue)
        object["done"] = .bool(rollout.life.state.isDone)
        object["direction"] = rollout.life.isGoingBack ? "back" : "forward"
        if let cause = rollout.cause { object["cause"] = cause.document }
        object["wave"] = .integer(Int64(rollout.wave))
        object["waves"] = .array(waveDocuments)
        object["progress"] = progress
        object["failuresMax"] = .integer(Int64(rollout.failuresMax(of: cells.count)))
        object["blockers"] = .array(step.blockers.prefix(Limits.blockersShownMax).map(\.document))
        let omitted = step.blockers.count - Limits.blockersShownMax
        if omitted > 0 { object["blockersOmitted"] = .integer(Int64(omitted)) }
        object["nextSteps"] = .array(nextSteps.map { .string($0) })
        if let askedAt = rollout.askedAt, let approval = rollout.strategy.approval {
            let end = askedAt.advanced(byMilliseconds: approval.timeout.milliseconds)
            object["approvalAsked"] = [
                "wave": .integer(Int64(rollout.wave + 1)), "askedAt": .string(askedAt.description),
                "expiresAt": .string(end.description), "onTimeout": .string(approval.onTimeout.rawValue),
            ]
        }
        if !uncovered.isEmpty {
            object["uncovered"] = .array(
                uncovered.prefix(Limits.blockersShownMax).map { .string($0.rawValue) })
        }
        object["createdAt"] = .string(rollout.createdAt.description)
        object["createdBy"] = .string(rollout.actor)
        object["reason"] = .string(rollout.reason)
        for (name, time) in [
            ("startedAt", rollout.startedAt), ("updatedAt", rollout.updatedAt), ("endedAt", rollout.endedAt),
            ("expiresAt", rollout.expiresAt),
        ] {
            if let time { object[name] = .string(time.description) }
        }
        object["revision"] = .integer(rollout.revision.rawValue)
        return object
    }

    /// `completed` are the cells that are where the rollout now wants them: on the release, or back.
    private var progress: JSONValue {
        func count(_ states: RolloutCellState...) -> JSONValue {
            .integer(Int64(cells.count { states.contains($0.state) }))
        }
        return [
            "total": .integer(Int64(cells.count)),
            "completed": rollout.life.isGoingBack ? count(.rolledBack) : count(.succeeded),
            "failed": rollout.life.isGoingBack
                ? count(.rollbackFailed) : .integer(Int64(cells.count(where: hasFailed))),
            "inFlight": count(.updating, .rollingBack), "baking": count(.baking),
            "skipped": count(.skipped),
            "unreachable": count(.unreachable),
        ]
    }

    private func hasFailed(_ cell: RolloutCell) -> Bool {
        cell.state == .failed
            || (cell.state == .unreachable && rollout.strategy.unreachable == .fail)
    }

    private var waveDocuments: [JSONValue] {
        let byWave = Dictionary(grouping: cells, by: \.wave)
        return rollout.waves.enumerated().map { index, why in
            let members = byWave[index + 1] ?? []
            var states: JSONObject = [:]
            for state in RolloutCellState.allCases {
                let count = members.count { $0.state == state }
                if count > 0 { states[state.rawValue] = .integer(Int64(count)) }
            }
            return [
                "number": .integer(Int64(index + 1)), "why": .string(why),
                "state": .string(state(of: members, wave: index + 1).rawValue),
                "cells": .integer(Int64(members.count)), "byState": .object(states),
            ]
        }
    }

    private func state(of cells: [RolloutCell], wave: Int) -> WaveState {
        if rollout.life.isGoingBack {
            return cells.contains { $0.state == .rollbackPending || $0.state == .rollingBack }
                ? .rollingBack : cells.contains { $0.state == .rolledBack } ? .rolledBack : .waiting
        }
        if wave > rollout.wave { return .waiting }
        if cells.contains(where: { $0.state == .pending || $0.life.isInFlight }) { return .changing }
        return cells.contains { $0.state == .baking } ? .baking : .baked
    }

    private var nextSteps: [String] {
        let path = "POST /v1/rollouts/\(rollout.id)"
        return switch (rollout.life.state, rollout.life.isGoingBack) {
        case (.awaitingApproval, _): ["\(path):approve", "\(path):reject"]
        case (.paused, false): ["\(path):resume", "\(path):retry", "\(path):rollback", "\(path):abort"]
        case (.paused, true): ["\(path):resume", "\(path):abort"]
        case (.failed, _): ["\(path):retry"]
        case (.aborted, _): ["\(path):rollback"]
        case (.pending, _), (.running, _), (.rollingBack, _), (.succeeded, _), (.rolledBack, _): []
        }
    }
}

extension RolloutCell {
    public func document(_ strategy: RolloutStrategy) -> JSONObject {
        var object: JSONObject = [
            "cell": .string(cell.rawValue), "zone": .string(zone), "wave": .integer(Int64(wave)),
            "place": .integer(Int64(place)), "state": .string(state.rawValue),
            "attempt": .integer(Int64(attempt)), "message": .string(message),
        ]
        if let before { object["before"] = before.document }
        if let claim { object["claim"] = claim.document }
        if let since = healthySince, let until = bakesUntil(strategy) {
            object["bake"] = ["since": .string(since.description), "until": .string(until.description)]
        }
        if !tallies.isEmpty {
            object["gates"] = .array(
                strategy.gates.filter { gate in tallies.contains { $0.gate == gate.name } }
                    .map { tally(of: $0).document(of: $0) })
        }
        for (name, time) in [
            ("startedAt", startedAt), ("reportedAt", reportedAt), ("changedAt", changedAt),
            ("deadline", deadline(strategy)), ("endedAt", endedAt),
        ] {
            if let time { object[name] = .string(time.description) }
        }
        return object
    }
}
