import Registry

extension RoutingSnapshot {
    /// Makes a snapshot in place: at the start from the whole of the store, later from a snapshot and what came after.
    ///
    /// At the start: `load` the cells, the tenants and the hosts as they are at `revision`, `remember` the changes that
    /// led there so that gateways go on by delta, `build`. One thread at a time.
    public struct Builder: ~Copyable {
        private let incarnation: Incarnation
        private var revision: Revision
        private var cells: RoutingCells
        private var tenants: SegmentedIndex
        private var hosts: SegmentedIndex
        private var changes: RecentChanges

        /// An empty routing table at `revision`.
        ///
        /// - Parameters:
        ///   - tenants: how many will be loaded, about; more or fewer is only slower.
        ///   - hosts: as `tenants`.
        ///   - rememberingAfter: the revision past which `remember` will be told every change; nil: of none.
        public init(
            incarnation: Incarnation, revision: Revision, tenants: Int = 0, hosts: Int = 0,
            rememberingAfter floor: Revision? = nil
        ) {
            self.init(
                incarnation: incarnation, revision: revision, tenants: tenants, hosts: hosts,
                rememberingAfter: floor, changesMax: RoutingSnapshot.changesMax, seed: .process)
        }

        init(
            incarnation: Incarnation, revision: Revision, tenants: Int, hosts: Int,
            rememberingAfter floor: Revision?, changesMax: Int, seed: IndexSeed
        ) {
            precondition((floor ?? revision) <= revision)
            self.incarnation = incarnation
            self.revision = revision
            cells = RoutingCells()
            self.tenants = SegmentedIndex(seed: seed, capacity: tenants)
            self.hosts = SegmentedIndex(seed: seed, capacity: hosts, recordBytes: 48)
            changes = RecentChanges(after: floor ?? revision, countMax: changesMax)
        }

        /// The next snapshot begins as a copy of this one.
        public init(after snapshot: RoutingSnapshot) {
            incarnation = snapshot.incarnation
            revision = snapshot.revision
            cells = snapshot.cells
            tenants = snapshot.tenants
            hosts = snapshot.hosts
            changes = snapshot.changes
        }

        public consuming func build() -> RoutingSnapshot {
            RoutingSnapshot(
                incarnation: incarnation, revision: revision, cells: cells, tenants: tenants, hosts: hosts,
                changes: changes)
        }

        // MARK: Loading

        /// - Returns: what `load(tenant:)` names the cell by.
        public mutating func load(cell id: CellID, _ cell: RoutedCell) -> CellOrdinal {
            let ordinal = cells.ordinalNaming(id)
            cells.set(ordinal, to: cell)
            return ordinal
        }

        /// - Parameter tenant: a tenant's id in UTF-8.
        public mutating func load(
            tenant: Span<UInt8>, cell: CellOrdinal, epoch: Epoch, state: TenantState
        ) {
            let record = TenantEntry(cell: cell, epoch: epoch, state: state)
            tenant.withUnsafeBytes { tenant in record.withBytes { tenants.set(tenant, $0) } }
        }

        /// - Parameters:
        ///   - host: a normalised host in UTF-8.
        ///   - tenant: the id of the tenant that it leads to, in UTF-8.
        public mutating func load(host: Span<UInt8>, tenant: Span<UInt8>) {
            host.withUnsafeBytes { host in tenant.withUnsafeBytes { hosts.set(host, $0) } }
        }

        /// A change from before the start, whose outcome is loaded already. In the order of revisions.
        public mutating func remember(_ change: PastRoutingChange, revision: Revision) {
            let subject: RecentChange.Subject =
                switch change {
                case .cell(let id, let endpointsBefore):
                    .cell(cells.ordinalNaming(id), endpointsBefore: endpointsBefore)
                case .tenant(let id, let before):
                    .tenant(Array(id.rawValue.utf8), before: before.map { record(of: $0) })
                case .host(let host): .host(Array(host.utf8))
                }
            changes.append(RecentChange(revision: revision, subject: subject))
        }

        // MARK: Changing

        /// Applies the changes of one revision, in their order. What they leave as it was is no change to gateways.
        ///
        /// - Precondition: `revision` is past the one reached so far.
        public mutating func apply(_ changes: [RoutingChange], revision: Revision) {
            precondition(revision > self.revision)
            self.revision = revision
            for change in changes {
                switch change {
                case .cell(let id, let cell): set(id, to: cell)
                case .tenant(let id, let tenant, let hostsBefore, let hostsAfter):
                    set(id, to: tenant)
                    if hostsBefore != hostsAfter { moveHosts(of: id, from: hostsBefore, to: hostsAfter) }
                }
            }
        }

        private mutating func set(_ id: CellID, to cell: RoutedCell?) {
            let ordinal = cells.ordinalNaming(id)
            let before = cells[ordinal].cell
            guard cell != before else { return }
            cells.set(ordinal, to: cell)
            note(.cell(ordinal, endpointsBefore: before.map { $0.endpoints.keys.sorted() } ?? []))
        }

        private mutating func set(_ id: TenantID, to tenant: RoutedTenant?) {
            let key = Array(id.rawValue.utf8)
            let after = tenant.map { record(of: $0) }
            let before = key.withUnsafeBytes { key in
                let before = tenants.withValue(of: key) { TenantEntry($0) }
                guard after != before else { return before }
                if let after {
                    after.withBytes { tenants.set(key, $0) }
                } else {
                    tenants.remove(key)
                }
                return before
            }
            if after != before { note(.tenant(key, before: before)) }
        }

        private mutating func moveHosts(of id: TenantID, from before: [String], to after: [String]) {
            let tenant = Array(id.rawValue.utf8)
            let kept = Set(after)
            for host in before where !kept.contains(host) { set(host, from: tenant, to: nil) }
            for host in after { set(host, from: tenant, to: tenant) }
        }

        /// A host that is not `tenant`'s any more is left alone: another took it, in the same transaction.
        private mutating func set(_ host: String, from tenant: [UInt8], to after: [UInt8]?) {
            let key = Array(host.utf8)
            let isChanged = key.withUnsafeBytes { key in
                let isTenants = hosts.withValue(of: key) { $0.elementsEqual(tenant) } ?? false
                switch after {
                case nil where isTenants: return hosts.remove(key)
                case let after? where !isTenants:
                    after.withUnsafeBytes { hosts.set(key, $0) }
                    return true
                default: return false
                }
            }
            if isChanged { note(.host(key)) }
        }

        private mutating func record(of tenant: RoutedTenant) -> TenantEntry {
            TenantEntry(cell: cells.ordinalNaming(tenant.cell), epoch: tenant.epoch, state: tenant.state)
        }

        private mutating func note(_ subject: RecentChange.Subject) {
            changes.append(RecentChange(revision: revision, subject: subject))
        }
    }
}

/// A change that the store remembers from before the start: what it was about, and what was there before it.
public enum PastRoutingChange: Sendable, Equatable {
    /// The names of the endpoints that the cell had; none if it was not in the table.
    case cell(CellID, endpointsBefore: [String])
    /// Nil: the tenant was not in the table.
    case tenant(TenantID, before: RoutedTenant?)
    case host(String)
}
