import JSON
import Registry
import Store

/// A point in the registry's past.
public enum PastMoment: Sendable, Equatable {
    /// The last revision made at or before it.
    case time(Timestamp)
    case revision(Revision)
}

extension ControlPlane {
    /// The tenant's route as it was, from the audit; nil where there was no such tenant.
    ///
    /// - Throws: `invalidArgument` for a revision that has not been reached.
    public func pastRoute(of tenant: TenantID, at moment: PastMoment) throws(RegistryError) -> JSONValue? {
        try store.read {
            try Self.route(of: tenant, at: try Self.revision(at: moment, in: $0), in: $0, incarnation)
        }
    }

    /// As `pastRoute(of:at:)`, for whichever tenant had the host then.
    public func pastRoute(ofHost host: String, at moment: PastMoment) throws(RegistryError) -> JSONValue? {
        try store.read { transaction in
            let revision = try Self.revision(at: moment, in: transaction)
            for tenant in try transaction.tenants(everHaving: host) {
                guard let document = try transaction.document(of: .tenant, tenant.rawValue, at: revision),
                    try JSONValue(parsing: Array(document.utf8))["hosts"]?.array?.contains(.string(host))
                        == true
                else { continue }
                return try Self.route(of: tenant, at: revision, in: transaction, incarnation)
            }
            return nil
        }
    }

    private static func revision(at moment: PastMoment, in transaction: ReadTransaction) throws -> Revision {
        switch moment {
        case .time(let time): return try transaction.revision(at: time)
        case .revision(let revision):
            let newest = try transaction.revision()
            guard revision <= newest else {
                throw RegistryError(
                    .invalidArgument, "The registry is at revision \(newest): \(revision) is yet to come.",
                    errors: [FieldError("at", "must be at most \(newest)")])
            }
            return revision
        }
    }

    private static func route(
        of tenant: TenantID, at revision: Revision, in transaction: ReadTransaction,
        _ incarnation: Incarnation
    ) throws -> JSONValue? {
        guard let kept = try transaction.document(of: .tenant, tenant.rawValue, at: revision) else {
            return nil
        }
        let document = try JSONValue(parsing: Array(kept.utf8))
        let routed = try RoutedTenant(stored: document)
        let cell = try transaction.document(of: .cell, routed.cell.rawValue, at: revision)
            .map { try JSONValue(parsing: Array($0.utf8)) }
        return [
            "tenant": .string(tenant.rawValue), "cell": .string(routed.cell.rawValue),
            "epoch": .integer(routed.epoch.rawValue), "state": .string(routed.state.rawValue),
            "zone": cell?["zone"] ?? .null, "endpoints": cell?["endpoints"] ?? [:],
            "revision": .string(RevisionTag(incarnation, revision).description),
        ]
    }

    /// The last changes of the tenant's cell, epoch or state, newest first: why it is where it is.
    public func routeChanges(of tenant: TenantID, limit: Int) throws(RegistryError) -> [AuditEvent] {
        try store.read { try Self.routeChanges(of: tenant, in: $0, limit: limit) }
    }

    private static func routeChanges(
        of tenant: TenantID, in transaction: ReadTransaction, limit: Int
    ) throws -> [AuditEvent] {
        var found: [AuditEvent] = []
        var before = Revision(rawValue: .max)
        while found.count < limit {
            let page = try transaction.events(before: before, of: .tenant, tenant.rawValue, limit: 100)
            for chained in page where found.count < limit {
                let event = chained.event
                let old = try transaction.event(at: event.previous)?.event.document
                if try routed(event.document) != routed(old) { found.append(event) }
            }
            guard page.count == 100, let last = page.last else { break }
            before = last.event.revision
        }
        return found
    }

    private static func routed(_ document: String?) throws -> RoutedTenant? {
        try document.map { try RoutedTenant(stored: try JSONValue(parsing: Array($0.utf8))) }
    }
}
