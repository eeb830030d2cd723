import JSON
import Registry
import Store

extension Change {
    /// What operators do to an operation: pause, resume, cancel. The same again changes nothing.
    ///
    /// - Parameter cause: what has ended it, where that was no operator; kept for as long as the operation.
    public func move(
        operation id: OperationID, by event: OperationEvent, because cause: Blocker? = nil
    ) throws -> Outcome {
        guard var operation = try transaction.operation(id) else { throw notFound("operation", id) }
        try check("operation", id, at: operation.revision)
        let life: OperationLife
        do throws(RegistryError) {
            life = try operation.life.after(event)
        } catch {
            throw error.code == .operationDone ? operation.refusal(of: error) : error
        }
        guard life != operation.life else { return try outcome(operation, previous: operation.revision) }
        operation.life = life
        if let cause { operation.blockers = [cause] }
        let previous = operation.revision
        try transaction.log(
            operation.number,
            "\(event.rawValue) by \(transaction.context.principal.name)"
                + (transaction.context.reason.isEmpty ? "" : ": \(transaction.context.reason)"))
        return try outcome(try transaction.save(operation), previous: previous)
    }

    private func outcome(_ operation: Operation, previous: Revision) throws -> Outcome {
        Outcome(
            created: false,
            shown: operation.shown(
                inFlight: try transaction.tenantsInFlight(of: operation),
                log: try transaction.log(of: operation)),
            revision: operation.revision, previous: previous)
    }
}
