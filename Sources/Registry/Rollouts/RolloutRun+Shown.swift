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
        let counts = Dictionary(grouping: cells, by: \.state).mapValues(\.count)
        var object = rollout.shown(RolloutProgress(counts, of: rollout))
        object["waves"] = .array(waveDocuments)
        object["failuresMax"] = .integer(Int64(rollout.failuresMax(of: cells.count)))
        object["blockers"] = .array(step.blockers.prefix(Limits.blockersShownMax).map(\.document))
        let omitted = step.blockers.count - Limits.blockersShownMax
        if omitted > 0 { object["blockersOmitted"] = .integer(Int64(omitted)) }
        object["claimable"] = .integer(Int64(step.claimable.count))
        if let wakeAt = step.wakeAt { object["nextCheckAt"] = .string(wakeAt.description) }
        if !uncovered.isEmpty {
            object["uncovered"] = .array(
                uncovered.prefix(Limits.blockersShownMax).map { .string($0.rawValue) })
        }
        return object
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
}

extension Rollout {
    /// What lists show of it.
    public func shown(_ progress: RolloutProgress) -> JSONObject {
        var object = spec
        object["id"] = .string(id.rawValue)
        object["state"] = .string(life.state.rawValue)
        object["done"] = .bool(life.state.isDone)
        object["direction"] = life.isGoingBack ? "back" : "forward"
        if let cause { object["cause"] = cause.document }
        object["wave"] = .integer(Int64(wave))
        object["progress"] = progress.document
        object["nextSteps"] = .array(nextSteps.map { .string($0) })
        if let askedAt, let approval = strategy.approval {
            let end = askedAt.advanced(byMilliseconds: approval.timeout.milliseconds)
            object["approvalAsked"] = [
                "wave": .integer(Int64(wave + 1)), "askedAt": .string(askedAt.description),
                "expiresAt": .string(end.description), "onTimeout": .string(approval.onTimeout.rawValue),
            ]
        }
        object["createdAt"] = .string(createdAt.description)
        object["createdBy"] = .string(actor)
        object["reason"] = .string(reason)
        for (name, time) in [
            ("startedAt", startedAt), ("updatedAt", updatedAt), ("endedAt", endedAt),
            ("expiresAt", expiresAt),
        ] {
            if let time { object[name] = .string(time.description) }
        }
        object["revision"] = .integer(revision.rawValue)
        return object
    }

    fileprivate var nextSteps: [String] {
        let path = "POST /v1/rollouts/\(id)"
        return switch (life.state, life.isGoingBack) {
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
