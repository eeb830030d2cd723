import Bytes
import Registry
import Synchronization

/// What has changed since a revision.
///
/// The changes are walked from the oldest. The first of each cell, tenant or host says what was there at `since`, as far
/// as a merge patch must take it away; what is there now is read from this snapshot. So a delta is as long as the
/// number of things that changed, however often they did.
extension RoutingSnapshot {
    /// The delta of the routing table. For the same `since` it is made once, while others wait for it.
    ///
    /// Takes about a microsecond for each change since; `changeCount(since:)` says how many there are, so that a long
    /// one can be made elsewhere.
    public func delta(since: RevisionTag) -> DeltaResult {
        result(since: since) {
            .delta(
                remembered(since: since.revision).data.value { SharedBytes(makeDelta(since: since.revision)) }
            )
        }
    }

    /// What ends a poll in whose time nothing changed. It names this revision, which acknowledges what did not concern
    /// the one who asks.
    ///
    /// - Parameter revision: of this incarnation, not past this snapshot's.
    public func emptyDelta(from revision: Revision) -> [UInt8] {
        var bytes = deltaHead(since: revision)
        bytes.append("}")
        return bytes
    }

    /// How many changes a delta has to walk; 0 where there can be none.
    public func changeCount(since: RevisionTag) -> Int {
        guard since.incarnation == incarnation, since.revision >= changes.floor else { return 0 }
        return since.revision < revision ? changes.count(after: since.revision) : 0
    }

    /// What all deltas have in common; `make` is called where there are changes to walk.
    func result(since: RevisionTag, _ make: () -> DeltaResult) -> DeltaResult {
        guard since.incarnation == incarnation else { return .gone(oldest: changes.floor) }
        if since.revision > revision { return .ahead }
        if since.revision < changes.floor { return .gone(oldest: changes.floor) }
        return since.revision == revision ? .unchanged : make()
    }

    /// `{"from":"…","revision":"…"`
    func deltaHead(since revision: Revision) -> [UInt8] {
        Array(#"{"from":"\#(RevisionTag(incarnation, revision))","revision":"\#(tag)""#.utf8)
    }

    private func makeDelta(since revision: Revision) -> [UInt8] {
        var patch = (cells: [UInt8](), tenants: [UInt8](), hosts: [UInt8]())
        var seen = (cells: Set<CellOrdinal>(), tenants: Set<[UInt8]>(), hosts: Set<[UInt8]>())
        changes.forEach(after: revision) { change in
            switch change.subject {
            case .cell(let ordinal, let endpointsBefore):
                guard seen.cells.insert(ordinal).inserted else { return }
                patch.cells.separate()
                cells[ordinal].appendPatch(endpointsBefore: endpointsBefore, to: &patch.cells)
            case .tenant(let id, let before):
                guard seen.tenants.insert(id).inserted else { return }
                appendPatch(tenant: id, before: before, to: &patch.tenants)
            case .host(let host):
                guard seen.hosts.insert(host).inserted else { return }
                appendPatch(host: host, to: &patch.hosts)
            }
        }
        var bytes = deltaHead(since: revision)
        bytes.appendObject(#","cells":{"#, patch.cells)
        bytes.appendObject(#","tenants":{"#, patch.tenants)
        bytes.appendObject(#","hosts":{"#, patch.hosts)
        bytes.append("}")
        return bytes
    }

    private func appendPatch(tenant id: [UInt8], before: TenantEntry?, to bytes: inout [UInt8]) {
        bytes.separate()
        bytes.appendJSON(id)
        bytes.append(":")
        let record = id.withUnsafeBytes { tenants.withValue(of: $0) { TenantEntry($0) } }
        guard let record else { return bytes.append("null") }
        let hadState = before.map { $0.state != .serving } ?? false
        cells[record.cell].appendTenant(record, hadState: hadState, to: &bytes)
    }

    private func appendPatch(host: [UInt8], to bytes: inout [UInt8]) {
        bytes.separate()
        bytes.appendJSON(host)
        bytes.append(":")
        host.withUnsafeBytes { host in
            if hosts.withValue(of: host, { bytes.appendJSON($0) }) == nil { bytes.append("null") }
        }
    }

    /// The place of the delta since `revision` among the last few asked for.
    private func remembered(since revision: Revision) -> RememberedDelta {
        deltas.withLock { deltas in
            if let known = deltas.first(where: { $0.from == revision }) { return known }
            let new = RememberedDelta(from: revision)
            if deltas.count == RememberedDelta.countMax { deltas.removeFirst() }
            deltas.append(new)
            return new
        }
    }
}

/// A delta of one snapshot: hundreds of polls that wake together ask for the same one.
final class RememberedDelta: Sendable {
    let from: Revision
    let data = BuiltOnce<SharedBytes>()

    static let countMax = 16

    init(from: Revision) { self.from = from }
}

extension [UInt8] {
    /// Nothing where the object has no members.
    fileprivate mutating func appendObject(_ head: StaticString, _ members: [UInt8]) {
        guard !members.isEmpty else { return }
        append(head)
        append(contentsOf: members)
        append("}")
    }
}
