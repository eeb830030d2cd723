import JSON
import Registry
import Store

extension Change {
    /// Registers a cell, or replaces what is registered; unchanged it stays at its revision.
    public func putCell(_ id: CellID, _ document: JSONValue) throws -> Outcome {
        let old = try transaction.cell(id)
        try check("cell", id, at: old?.revision)
        let cell = try Cell(document: document, id: id, replacing: old?.cell)
        return try save(cell, replacing: old)
    }

    /// Applies an RFC 7396 merge patch.
    public func patchCell(_ id: CellID, _ patch: JSONValue) throws -> Outcome {
        guard let old = try transaction.cell(id) else { throw notFound("cell", id) }
        try check("cell", id, at: old.revision)
        let cell = try Cell(
            document: old.cell.document.applyingMergePatch(patch), id: id, replacing: old.cell)
        return try save(cell, replacing: old)
    }

    public func deleteCell(_ id: CellID) throws -> Outcome {
        guard let old = try transaction.cell(id) else { throw notFound("cell", id) }
        try check("cell", id, at: old.revision)
        try CellRules.check(.delete, on: old)
        _ = try CellLife(old.cell.state, schedulable: old.cell.schedulable).after(.delete)
        try transaction.delete(old)
        return .deleted(id.rawValue, at: transaction.revision(), previous: old.revision)
    }

    /// Takes a step in the cell's life.
    public func move(cell id: CellID, by event: CellEvent) throws -> Outcome {
        precondition(event != .delete, "a deletion has no cell to show: deleteCell")
        guard let old = try transaction.cell(id) else { throw notFound("cell", id) }
        try check("cell", id, at: old.revision)
        guard let life = try CellLife(old.cell.state, schedulable: old.cell.schedulable).after(event) else {
            preconditionFailure("only a deletion ends without a cell")
        }
        try CellRules.check(event, on: old)
        var cell = old.cell
        cell.state = life.state
        cell.schedulable = life.schedulable
        return try write(cell, replacing: old)
    }

    /// A document of an import, which names its cell itself.
    func importCell(_ document: JSONValue) throws -> ImportedLine {
        let named = document["id"]?.string.flatMap(CellID.init)
        let old = try named.flatMap { try transaction.cell($0) }
        let cell = try Cell(document: document, id: nil, replacing: old?.cell)
        let outcome = try save(cell, replacing: old)
        return outcome.created ? .created : outcome.revision == old?.revision ? .unchanged : .updated
    }

    private func save(_ cell: Cell, replacing old: CellRecord?) throws -> Outcome {
        if let old {
            try CellRules.check(replacing: old, with: cell)
        } else {
            try CellRules.check(adding: cell)
            guard try transaction.cellCount() < Limits.cellsMax else {
                throw RegistryError(
                    .inUse, "There are \(Limits.cellsMax) cells already, which is the limit.",
                    nextSteps: ["delete those that are retired: GET /v1/cells?state=retired"])
            }
        }
        return try write(cell, replacing: old)
    }

    private func write(_ cell: Cell, replacing old: CellRecord?) throws -> Outcome {
        if let old, old.cell == cell {
            return Outcome(created: false, shown: old.shown, revision: old.revision, previous: old.revision)
        }
        let saved = try transaction.save(cell, replacing: old)
        return Outcome(
            created: old == nil, shown: saved.shown, revision: saved.revision,
            previous: old?.revision ?? .zero)
    }
}
