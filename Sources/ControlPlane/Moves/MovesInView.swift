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
    var cells: [CellRecord] = []

    struct PlacesTaken {
        var operations: [OperationID: Int] = [:]
        var sources: [CellID: Int] = [:]
        var targets: [CellID: Int] = [:]
    }

    init(_ transaction: ReadTransaction, now: Timestamp) throws {
        let underWay = try transaction.operationsUnderWay()
        batches = try transaction.batchesInFlight()
        for batch in batches {
            placesTaken.operations[batch.operation, default: 0] += 1
            placesTaken.sources[batch.source, default: 0] += 1
        }
        for operation in underWay { operations[operation.id] = operation }
        let pastWindow = try transaction.batchesPastWindow(at: now, limit: 100)
        for batch in batches + pastWindow where operations[batch.operation] == nil {
            operations[batch.operation] = try transaction.operation(batch.operation)
        }
        batches += pastWindow
        guard !underWay.isEmpty else { return }

        placesTaken.targets = try transaction.batchesArriving()
        for operation in underWay {
            let places = operation.options.parallel.total - placesTaken.operations[operation.id, default: 0]
            guard places > 0 || operation.life.isCancelling else { continue }
            // More than fit: the first may all be of sources that have no place left.
            let found = try transaction.batchesPlanned(of: operation, limit: Limits.batchesInFlightMax)
            for batch in found {
                targets[MoveMonitor.BatchKey(operation: operation.id, number: batch.number)] =
                    try transaction.targets(of: operation, batch: batch.number)
            }
            planned += found
        }
        policies = try transaction.policies()?.policies ?? SafetyPolicies()
        cells = try transaction.cells(page: Page(limit: Limits.cellsMax))
    }

    /// Takes the batch's places, if every one that it needs is free.
    mutating func takePlaces(for batch: Batch) -> Bool {
        guard let parallel = operations[batch.operation]?.options.parallel else { return false }
        let targets = targets[MoveMonitor.BatchKey(operation: batch.operation, number: batch.number)] ?? []
        guard placesTaken.operations[batch.operation, default: 0] < parallel.total,
            placesTaken.sources[batch.source, default: 0] < parallel.perSource,
            targets.allSatisfy({ placesTaken.targets[$0, default: 0] < parallel.perTarget })
        else { return false }
        placesTaken.operations[batch.operation, default: 0] += 1
        placesTaken.sources[batch.source, default: 0] += 1
        for target in targets { placesTaken.targets[target, default: 0] += 1 }
        return true
    }
}
