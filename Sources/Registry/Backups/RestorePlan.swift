import JSON

/// What a restore would touch, and what of that speaks against it.
public struct RestorePlan: Sendable, Equatable {
    /// A cell that it goes into.
    public struct Target: Sendable, Equatable {
        public var from: CellID
        public var cell: CellID
        /// Nil: the registry does not know it.
        public var state: CellState?
        /// Those on their way to it too.
        public var tenants: Int64

        public init(from: CellID, cell: CellID, state: CellState?, tenants: Int64) {
            self.from = from
            self.cell = cell
            self.state = state
            self.tenants = tenants
        }

        public var serves: Bool { tenants > 0 }
    }

    public var backup: BackupName
    public var everything: Bool
    public var registry: Bool
    /// Where each namespace goes.
    public var namespaces: [(from: String, into: String)]
    public var targets: [Target]

    /// - Parameter cell: what there is to know of a cell; nil where the registry does not know it.
    public init(
        of backup: Backup, scope: BackupScope?, namespaceMapping: [String: String],
        cellMapping: [CellID: CellID], cell: (CellID) throws -> (cell: Cell, tenants: Int64)?
    ) rethrows {
        self.backup = backup.name
        let (covers, wanted) = (backup.covers, scope ?? backup.scope)
        everything = covers.everything && wanted == .everything
        registry = covers.registry && wanted == .registry
        var names: [String] = []
        if case .namespaces(let named) = wanted { names = named.filter(covers.covers(namespace:)) }
        if everything { names = Set(covers.namespaces).union(namespaceMapping.keys).sorted() }
        namespaces = names.map { ($0, namespaceMapping[$0] ?? $0) }
        targets = []
        for source in covers.cells {
            switch wanted {
            case .everything: break
            case .namespaces, .registry: continue
            case .cells(let selector):
                // One that is gone can still be named.
                let isTaken =
                    try cell(source).map { selector.takes($0.cell) } ?? selector.cells.contains(source)
                guard isTaken else { continue }
            }
            let target = cellMapping[source] ?? source
            let known = try cell(target)
            targets.append(
                Target(from: source, cell: target, state: known?.cell.state, tenants: known?.tenants ?? 0))
        }
    }

    /// There is nothing in the backup of what is asked for.
    public var isEmpty: Bool { !everything && !registry && namespaces.isEmpty && targets.isEmpty }

    /// The same by where it was.
    public var covers: BackupCover {
        BackupCover(
            everything: everything, registry: registry, namespaces: namespaces.map(\.from),
            cells: targets.map(\.from))
    }

    /// The cells that serve tenants: what is restored would take the place of what they work with.
    public var blockers: [Blocker] {
        targets.filter(\.serves).map {
            Blocker(
                kind: "cell", id: $0.cell.rawValue,
                message: "serves \($0.tenants) \($0.tenants == 1 ? "tenant" : "tenants")")
        }
    }

    public var document: JSONValue {
        let blockers = blockers
        return [
            "backup": .string(backup.rawValue), "everything": .bool(everything),
            "registry": .bool(registry),
            "namespaces": .array(
                namespaces.map { ["from": .string($0.from), "into": .string($0.into)] }),
            "cells": .array(
                targets.map {
                    [
                        "from": .string($0.from.rawValue), "into": .string($0.cell.rawValue),
                        "state": $0.state.map { .string($0.rawValue) } ?? .null,
                        "tenants": .integer($0.tenants),
                    ]
                }),
            "blockers": .array(blockers.prefix(Limits.blockersShownMax).map(\.document)),
            "serving": .integer(Int64(blockers.count)),
        ]
    }

    public static func == (a: RestorePlan, b: RestorePlan) -> Bool { a.document == b.document }
}
