import Registry
import Store

/// Every tenant migration under way, as one read sees it: what the reconcilers decide from.
struct MovesInView {
    var operations: [OperationID: Operation] = [:]
    /// Begun and not settled, or past their window.
    var batches: [Batch] = []
    /// Not begun, of operations that have places left.
    var planned: [Batch] = []
    /// Batches in flight by operation, by source and by target.
    var placesTaken = PlacesTaken()
    var targets: [MoveMonitor.BatchKey: [CellID]] = [:]
    var policies = SafetyPolicies()
    var cells: [SafetyCheck.Cell] = []

    struct PlacesTaken {
        var operations: [OperationID: Int] = [:]
        var sources: [CellID: [OperationID: Int]] = [:]
        var targets: [CellID: [OperationID: Int]] = [:]

        func leaving(_ source: CellID) -> Int { (sources[source] ?? [:]).values.reduce(0, +) }
    }

    /// What has begun, and nothing of what is to begin.
    init(begun transaction: ReadTransaction, now: Timestamp) throws {
        for operation in try transaction.operationsUnderWay() { operations[operation.id] = operation }
        batches = try transaction.batchesInFlight() + transaction.batchesPastWindow(at: now, limit: 100)
        for batch in batches where operations[batch.operation] == nil {
            operations[batch.operation] = try transaction.operation(batch.operation)
        }
    }

    /// Leaves rows alone that decide nothing: this is read at each step of each batch.
    init(_ transaction: ReadTransaction, now: Timestamp) throws {
        try self.init(begun: transaction, now: now)
        let underWay = operations.values.filter { $0.endedAt == nil }.sorted { $0.number < $1.number }
        guard !underWay.isEmpty else { return }

        for batch in batches where batch.state != .reversible { try countPlaces(of: batch, transaction) }
        for operation in underWay {
            let parallel = operation.options.parallel
            let places = parallel.total - placesTaken.operations[operation.id, default: 0]
            guard places > 0 || operation.life.isCancelling else { continue }
            // More than fit: the first may all be of sources that have no place left.
            let found = try transaction.batchesPlanned(of: operation, limit: Limits.batchesInFlightMax)
            // One whose source is full begins nowhere, whatever its targets are.
            for batch in found where placesTaken.leaving(batch.source) < parallel.perSource {
                targets[MoveMonitor.BatchKey(operation: operation.id, number: batch.number)] =
                    try transaction.targets(of: operation, batch: batch.number)
            }
            planned += found
        }
        policies = try transaction.policies()?.policies ?? SafetyPolicies()
        cells = try transaction.cellsForSafety()
    }

    private mutating func countPlaces(of batch: Batch, _ transaction: ReadTransaction) throws {
        placesTaken.operations[batch.operation, default: 0] += 1
        placesTaken.sources[batch.source, default: [:]][batch.operation, default: 0] += 1
        guard let operation = operations[batch.operation] else { return }
        for target in try transaction.targets(of: operation, batch: batch.number, state: .moving) {
            placesTaken.targets[target, default: [:]][batch.operation, default: 0] += 1
        }
    }

    /// Takes the batch's places, if every one that it needs is free.
    mutating func takePlaces(for batch: Batch) -> Bool {
        guard let parallel = operations[batch.operation]?.options.parallel,
            placesTaken.operations[batch.operation, default: 0] < parallel.total,
            fullCells(for: batch, parallel).isEmpty
        else { return false }
        placesTaken.operations[batch.operation, default: 0] += 1
        placesTaken.sources[batch.source, default: [:]][batch.operation, default: 0] += 1
        for target in targets(of: batch) {
            placesTaken.targets[target, default: [:]][batch.operation, default: 0] += 1
        }
        return true
    }

    /// Who has the places that the batch needs, where none of its own operation's batches is under way: one of those
    /// would make room by itself.
    func holders(ofPlacesFor batch: Batch) -> [Blocker] {
        guard let parallel = operations[batch.operation]?.options.parallel,
            placesTaken.operations[batch.operation, default: 0] == 0
        else { return [] }
        return fullCells(for: batch, parallel).flatMap { full in
            full.holders.sorted { $0.key.rawValue < $1.key.rawValue }.map { operation, batches in
                Blocker(
                    kind: "operation", id: operation.rawValue,
                    message: "has \(batches) batches under way \(full.way) '\(full.cell)', where this one's "
                        + "'\(full.limit)' lets \(full.most) be at once")
            }
        }
    }

    private typealias FullCell = (
        cell: CellID, way: String, limit: String, most: Int, holders: [OperationID: Int]
    )

    private func fullCells(for batch: Batch, _ parallel: MigrationOptions.Parallel) -> [FullCell] {
        var full: [FullCell] = []
        let leaving = placesTaken.sources[batch.source] ?? [:]
        if placesTaken.leaving(batch.source) >= parallel.perSource {
            full.append((batch.source, "from", "perSource", parallel.perSource, leaving))
        }
        for target in targets(of: batch) {
            let arriving = placesTaken.targets[target] ?? [:]
            guard arriving.values.reduce(0, +) >= parallel.perTarget else { continue }
            full.append((target, "to", "perTarget", parallel.perTarget, arriving))
        }
        return full
    }

    private func targets(of batch: Batch) -> [CellID] {
        targets[MoveMonitor.BatchKey(operation: batch.operation, number: batch.number)] ?? []
    }
}
