import Registry
import Store

extension Change {
    /// Takes a gateway off the list: nothing waits for it any more. It says so itself when it shuts down.
    public func deleteGateway(_ id: String) throws -> Outcome {
        guard try transaction.gateway(id) != nil else { throw notFound("gateway", id) }
        try transaction.deleteGateway(id)
        return .deleted(id, at: transaction.revision(), previous: .zero)
    }
}
