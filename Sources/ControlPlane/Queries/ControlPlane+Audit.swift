import Registry
import Store

extension ControlPlane {
    /// Events after `revision`, oldest first, and the registry's revision at the same instant.
    public func events(
        after revision: Revision, _ filter: AuditFilter, limit: Int
    ) throws(RegistryError) -> (events: [ChainedEvent], newest: Revision) {
        try store.read { (try $0.events(after: revision, filter, limit: limit), try $0.revision()) }
    }

    /// What was done to a resource, newest first, each with the document before it.
    public func history(
        of kind: ResourceKind, _ id: String, before revision: Revision, limit: Int
    ) throws(RegistryError) -> [(event: AuditEvent, before: String?)] {
        try store.read { transaction in
            try transaction.events(before: revision, of: kind, id, limit: limit).map { chained in
                (chained.event, try transaction.event(at: chained.event.previous)?.event.document)
            }
        }
    }

    public func tokenRecords() throws(RegistryError) -> [TokenRecord] { try store.read { try $0.tokens() } }
}
