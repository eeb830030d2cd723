import JSON
import Registry
import Store

extension ControlPlane {
    /// The operation as the API shows it, with its steps and its log; nil where there is none.
    public func operation(_ id: OperationID) throws(RegistryError) -> JSONObject? {
        try store.read { transaction in
            try transaction.operation(id).map { operation in
                var object = try shown(operation, in: transaction, log: true)
                object["steps"] = .array(try steps(of: operation, in: transaction))
                return object
            }
        }
    }

    /// True until it has ended, from memory; false for one that there is not.
    public func isUnderWay(_ id: OperationID) -> Bool { moves.underWay.contains(id) }

    /// Newest first, those before `number`, each with its number.
    ///
    /// - Parameter isMigrations: true where what was asked for is shown too.
    public func operations(
        _ filter: OperationFilter, before number: Int64, limit: Int, asMigrations isMigrations: Bool = false
    ) throws(RegistryError) -> [(number: Int64, shown: JSONObject)] {
        try store.read { transaction in
            try transaction.operations(filter, before: number, limit: limit).map { operation in
                var object = try shown(operation, in: transaction, log: false)
                if isMigrations { object["spec"] = .object(operation.shownSpec) }
                return (operation.number, object)
            }
        }
    }

    /// A tenant migration: its operation, what was asked for, and the batches behind `batch`.
    public func migration(
        _ id: OperationID, batchesAfter batch: Int64, limit: Int
    ) throws(RegistryError) -> JSONObject? {
        try store.read { transaction in
            guard let operation = try transaction.operation(id) else { return nil }
            var object = try shown(operation, in: transaction, log: true)
            object["spec"] = .object(operation.shownSpec)
            object["steps"] = .array(try steps(of: operation, in: transaction))
            object["batches"] = .array(
                try transaction.batches(of: operation, after: batch, limit: limit).map { batch in
                    .object(batch.shown(waitingFor: moves.monitor.blockers(of: batch)))
                })
            return object
        }
    }

    /// The migration's moves by tenant's name; nil where there is no such migration.
    public func moves(
        of id: OperationID, state: Move.State?, after tenant: String, limit: Int
    ) throws(RegistryError) -> [Move]? {
        try store.read { transaction in
            try transaction.operation(id).map {
                try transaction.moves(of: $0, state: state, after: tenant, limit: limit)
            }
        }
    }

    private func shown(_ operation: Operation, in transaction: ReadTransaction, log: Bool) throws
        -> JSONObject
    {
        operation.shown(
            blockers: moves.monitor.blockers(of: operation.id),
            inFlight: try transaction.tenantsInFlight(of: operation),
            log: log ? try transaction.log(of: operation) : nil)
    }

    /// What it has been through, from its batches' times: planned, moving, confirmed, and what is still open.
    private func steps(of operation: Operation, in transaction: ReadTransaction) throws -> [JSONValue] {
        let batches = try transaction.batches(of: operation, limit: Int.max)
        let counts = Dictionary(grouping: batches, by: \.state).mapValues(\.count)
        func step(_ name: String, _ start: Timestamp?, _ end: Timestamp?) -> JSONValue? {
            guard let start else { return nil }
            return [
                "name": .string(name), "startedAt": .string(start.description),
                "endedAt": end.map { .string($0.description) } ?? .null,
            ]
        }
        let isMoved = batches.allSatisfy { $0.cutoverAt != nil || $0.state.isSettled }
        let isSettled = batches.allSatisfy(\.state.isSettled)
        return [
            step("plan", operation.createdAt, operation.createdAt),
            step(
                "move", batches.compactMap(\.beganAt).min(),
                isMoved ? batches.compactMap(\.cutoverAt).max() : nil),
            step(
                "confirm", batches.compactMap(\.cutoverAt).min(),
                isSettled ? batches.compactMap(\.settledAt).max() : nil),
            operation.kind.empties && isSettled
                ? step(
                    "observeEmpty", batches.compactMap(\.settledAt).max() ?? operation.createdAt,
                    operation.endedAt)
                : nil,
            operation.options.reverseWindow > .zero
                ? step(
                    "window", batches.compactMap(\.settledAt).min(),
                    counts[.reversible] == nil ? batches.compactMap(\.windowEndsAt).max() : nil)
                : nil,
        ].compactMap { $0 }
    }
}
