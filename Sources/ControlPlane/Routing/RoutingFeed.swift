import JSON
import Registry
import Store

/// Turns what the store has committed into what gateways see: the only way in which a change reaches memory.
struct RoutingFeed {
    /// The last revision that is taken in, routing or not.
    private(set) var revision: Revision
    private(set) var snapshot: RoutingSnapshot

    /// Reads the whole table, and the last changes that led to it so that gateways go on by delta after a restart.
    init(loading transaction: ReadTransaction) throws {
        revision = try transaction.revision()
        let past = try transaction.changes(lastOfRouting: Limits.deltaChangesLoadedMax)
        let complete = past.count < Limits.deltaChangesLoadedMax
        var builder = RoutingSnapshot.Builder(
            incarnation: try transaction.incarnation(), revision: past.last?.event.revision ?? .zero,
            tenants: try transaction.tenantCount(), hosts: try transaction.hostCount(),
            rememberingAfter: complete ? .zero : past.first?.event.revision)

        var ordinals: [String: CellOrdinal] = [:]
        try transaction.forEachCell { record in
            if let routed = record.cell.routed {
                ordinals[record.cell.id.rawValue] = builder.load(cell: record.cell.id, routed)
            }
        }
        try transaction.forEachRoutedTenant { tenant, cell, epoch, state in
            guard let ordinal = ordinals[cell] else {
                throw RegistryError(
                    .internalError, "A tenant is on the cell '\(cell)', which is not in the table.")
            }
            builder.load(tenant: tenant, cell: ordinal, epoch: epoch, state: state)
        }
        try transaction.forEachHost { host, tenant in builder.load(host: host, tenant: tenant) }
        for change in past where complete || change.event.revision > past[0].event.revision {
            for known in try PastRoutingChange.all(of: change) {
                builder.remember(known, revision: change.event.revision)
            }
        }
        snapshot = builder.build()
    }

    private init(_ snapshot: RoutingSnapshot, at revision: Revision) {
        self.snapshot = snapshot
        self.revision = revision
    }

    /// What a commit means for memory.
    struct Update {
        var snapshot: RoutingSnapshot
        var revision: Revision
        /// Of what there is a change.
        var kinds: Set<ResourceKind> = []
        var gatewaysGone: [String] = []
    }

    /// Takes in every event after `revision`, in order, in pages.
    static func update(
        _ snapshot: RoutingSnapshot, after revision: Revision, from transaction: ReadTransaction
    ) throws -> Update {
        var update = Update(snapshot: snapshot, revision: revision)
        var builder = RoutingSnapshot.Builder(after: snapshot)
        var routed = false
        while true {
            let page = try transaction.changes(after: update.revision, limit: pageChangesMax)
            for change in page {
                update.revision = change.event.revision
                update.kinds.insert(change.event.kind)
                if change.event.kind == .gateway { update.gatewaysGone.append(change.event.id) }
                guard change.routing else { continue }
                routed = true
                builder.apply([try RoutingChange(change)], revision: change.event.revision)
            }
            if page.count < pageChangesMax { break }
        }
        if routed { update.snapshot = builder.build() }
        return update
    }

    private static let pageChangesMax = 1000
}

extension RoutingChange {
    init(_ change: StoredChange) throws {
        switch change.event.kind {
        case .cell:
            guard let id = CellID(change.event.id) else { throw unreadable(change) }
            let cell = try change.after.map { try Cell(document: $0, id: id) }
            self = .cell(id, cell?.routed)
        case .tenant:
            guard let id = TenantID(change.event.id) else { throw unreadable(change) }
            self = .tenant(
                id, try change.after.map { try RoutedTenant(stored: $0) },
                hostsBefore: change.before?.hosts ?? [], hostsAfter: change.after?.hosts ?? [])
        case .token, .gateway, .operation, .policies, .release, .rollout, .webhook, .backupSchedule, .backup,
            .restore, .registry:
            throw unreadable(change)
        }
    }
}

extension PastRoutingChange {
    static func all(of change: StoredChange) throws -> [PastRoutingChange] {
        switch change.event.kind {
        case .cell:
            guard let id = CellID(change.event.id) else { throw unreadable(change) }
            return [.cell(id, endpointsBefore: change.before?["endpoints"]?.object?.keys ?? [])]
        case .tenant:
            guard let id = TenantID(change.event.id) else { throw unreadable(change) }
            let hosts = Set(change.before?.hosts ?? []).symmetricDifference(change.after?.hosts ?? [])
            return [.tenant(id, before: try change.before.map { try RoutedTenant(stored: $0) })]
                + hosts.map { .host($0) }
        case .token, .gateway, .operation, .policies, .release, .rollout, .webhook, .backupSchedule, .backup,
            .restore, .registry:
            throw unreadable(change)
        }
    }
}

private func unreadable(_ change: StoredChange) -> RegistryError {
    RegistryError(.internalError, "The kept change \(change.event.revision) can't be read.")
}

extension RoutedTenant {
    /// Just the three members that gateways see, of a document that the registry itself wrote.
    init(stored document: JSONValue) throws {
        guard let cell = document["cell"]?.string.flatMap(CellID.init),
            let epoch = document["epoch"]?.integer,
            let state = document["state"]?.string.flatMap(TenantState.init)
        else { throw RegistryError(.internalError, "A kept tenant has no cell, epoch or state.") }
        self.init(cell: cell, epoch: Epoch(rawValue: epoch), state: state)
    }
}

extension JSONValue {
    /// A kept tenant's hosts.
    fileprivate var hosts: [String] { self["hosts"]?.array?.compactMap(\.string) ?? [] }
}
