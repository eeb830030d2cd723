import JSON

/// Which cells a rollout changes, in which waves and order, and why. Made once, when the rollout is: later cells are no
/// part of it.
public struct RolloutPlan: Sendable, Equatable {
    /// What would become of a cell if its turn were now.
    public enum Verdict: String, Sendable, CaseIterable {
        case change, skip, wait
        /// Another rollout of one of its services has it: no rollout can be made.
        case refused
    }

    public struct PlannedCell: Sendable, Equatable {
        public var cell: CellID
        public var zone: String
        public var verdict: Verdict
        public var why: String
        public var before: CellVersions
    }

    public struct Wave: Sendable, Equatable {
        /// What makes it a wave: `canary`, `up to 10%: 50 of 500 cells`, `zone us-east-1a`.
        public var why: String
        public var cells: [PlannedCell]
    }

    public var waves: [Wave]
    /// What the strategy says that leads to nothing, and what a rollback could not know.
    public var warnings: [String]
    public var failuresMax: Int
    /// Cells that another rollout has.
    public var blockers: [Blocker]

    public var cells: [RolloutCell] {
        var cells: [RolloutCell] = []
        for (index, wave) in waves.enumerated() {
            for planned in wave.cells {
                cells.append(
                    RolloutCell(
                        cell: planned.cell, zone: planned.zone, wave: index + 1, place: cells.count))
            }
        }
        return cells
    }

    /// Every wave, cell by cell.
    public var document: JSONValue {
        var number: Int64 = 0
        let waves = waves.map { wave -> JSONValue in
            number += 1
            return [
                "number": .integer(number), "why": .string(wave.why),
                "zones": .array(Set(wave.cells.map(\.zone)).sorted().map { .string($0) }),
                "cells": .array(wave.cells.map(\.document)),
            ]
        }
        return [
            "waves": .array(waves), "cells": .integer(Int64(cells.count)),
            "failuresMax": .integer(Int64(failuresMax)),
            "warnings": .array(warnings.map { .string($0) }),
            "blockers": .array(blockers.prefix(Limits.blockersShownMax).map(\.document)),
        ]
    }

    /// - Throws: `inUse` where another rollout has one of the cells, naming both.
    public func checkFree() throws(RegistryError) {
        guard !blockers.isEmpty else { return }
        throw RegistryError(
            .inUse, "\(blockers.count) of the cells are in another rollout of the same service.",
            blockers: Array(blockers.prefix(Limits.blockersShownMax)),
            nextSteps: [
                "wait for that rollout's end, or abort it", "leave its cells out by the selector",
            ])
    }
}

extension RolloutPlan.PlannedCell {
    var document: JSONValue {
        [
            "cell": .string(cell.rawValue), "zone": .string(zone), "verdict": .string(verdict.rawValue),
            "why": .string(why), "before": before.document,
        ]
    }
}
