import Bytes
import Registry
import Synchronization

/// All that gateways and cells are told, at one revision, in memory: every read of theirs is answered from here.
///
/// It never changes. A change makes the next snapshot, which shares with this one all that it did not touch
/// (`SegmentedIndex`, `RecentChanges`); whoever reads keeps this one for as long as needed. The texts that many ask
/// for, the table and the deltas, are made when first asked for and kept with it.
///
/// Any thread. Nothing here waits for a writer; what may take long says so.
public final class RoutingSnapshot: Sendable {
    public let incarnation: Incarnation
    /// The revision of the last change of routing, which is what gateways quote; other writes do not move it.
    public let revision: Revision

    let cells: RoutingCells
    /// Tenant to `TenantEntry`.
    let tenants: SegmentedIndex
    /// Host to tenant.
    let hosts: SegmentedIndex
    let changes: RecentChanges

    /// `<incarnation>.<revision>"}`: how each answer ends.
    let answerEnd: [UInt8]
    let plainTable = BuiltOnce<SharedBytes>()
    let gzipTable = BuiltOnce<SharedBytes>()
    let zstdTable = BuiltOnce<SharedBytes>()
    let deltas = Mutex<[RememberedDelta]>([])

    /// How many changes are kept for deltas, at the least.
    public static let changesMax = 100_000

    init(
        incarnation: Incarnation, revision: Revision, cells: RoutingCells, tenants: SegmentedIndex,
        hosts: SegmentedIndex, changes: RecentChanges
    ) {
        self.incarnation = incarnation
        self.revision = revision
        self.cells = cells
        self.tenants = tenants
        self.hosts = hosts
        self.changes = changes
        answerEnd = Array("\(RevisionTag(incarnation, revision))\"}".utf8)
    }

    public var tag: RevisionTag { RevisionTag(incarnation, revision) }
    public var cellCount: Int { cells.count }
    public var tenantCount: Int { tenants.count }
    public var hostCount: Int { hosts.count }

    /// The snapshot after the changes of one revision: some 10 µs for a change. For many revisions at once a
    /// `Builder` makes one snapshot, and copies less.
    ///
    /// - Precondition: `revision` is past this one's.
    public func applying(_ changes: [RoutingChange], revision: Revision) -> RoutingSnapshot {
        var builder = Builder(after: self)
        builder.apply(changes, revision: revision)
        return builder.build()
    }
}
