import Bytes
import Registry

/// What one cell is told: the tenants that it owns, at which epoch and in which state, so that it can refuse the writes
/// of a gateway whose table is stale, and those of a tenant that is frozen.
extension RoutingSnapshot {
    /// `{"revision":"…","cell":"cell-1","tenants":{"acme":{"epoch":1},"globex":{"epoch":3,"state":"frozen"}}}`; nil for a cell that is not in the table.
    ///
    /// Reads the whole index, some 10 ms for a million tenants: not for a loop's thread.
    public func ownership(of cell: CellID) -> [UInt8]? {
        guard let ordinal = cells.ordinal(of: cell), cells[ordinal].cell != nil else { return nil }
        var members: [UInt8] = []
        for segment in tenants.segments {
            segment.forEach { id, value in
                let record = TenantEntry(value)
                guard record.cell == ordinal else { return }
                members.separate()
                members.appendOwned(id, record)
            }
        }
        return Array(#"{"revision":"\#(tag)","cell":"\#(cell)","tenants":{"#.utf8) + members
            + Array("}}".utf8)
    }

    /// The same rule as `delta(since:)`, for the tenants of one cell: one that has left it is null. `unchanged` where
    /// nothing since concerns the cell; nil for a cell that is not in the table.
    ///
    /// - Parameter unchangedUntil: a later revision for which `unchanged` was the answer. What was read then is not read
    ///   again, and may be too old for a delta by now: most changes concern other cells.
    public func ownershipDelta(
        of cell: CellID, since: RevisionTag, unchangedUntil: Revision? = nil
    ) -> DeltaResult? {
        guard let ordinal = cells.ordinal(of: cell), cells[ordinal].cell != nil else { return nil }
        let known = max(since.revision, unchangedUntil ?? since.revision)
        return result(since: RevisionTag(since.incarnation, known)) {
            let members = ownershipChanges(of: ordinal, since: known)
            guard !members.isEmpty else { return .unchanged }
            let head = deltaHead(since: since.revision) + Array(#","tenants":{"#.utf8)
            return .delta(SharedBytes(head + members + Array("}}".utf8)))
        }
    }

    private func ownershipChanges(of cell: CellOrdinal, since revision: Revision) -> [UInt8] {
        var members: [UInt8] = []
        var seen: Set<[UInt8]> = []
        changes.forEach(after: revision) { change in
            guard case .tenant(let id, let before) = change.subject, seen.insert(id).inserted else { return }
            id.withUnsafeBytes { id in
                let record = tenants.withValue(of: id) { TenantEntry($0) }
                if let record, record.cell == cell {
                    if record == before { return }
                    members.separate()
                    members.appendOwned(id, record, hadState: before.map { $0.state != .serving } ?? false)
                } else if before?.cell == cell {
                    members.separate()
                    members.appendJSON(id)
                    members.append(":null")
                }
            }
        }
        return members
    }
}

extension [UInt8] {
    @inline(__always)
    fileprivate mutating func appendOwned(
        _ id: UnsafeRawBufferPointer, _ record: TenantEntry, hadState: Bool = false
    ) {
        appendJSON(id)
        append(#":{"epoch":"#)
        append(record.epoch)
        if record.state != .serving {
            appendMember(record.state)
        } else if hadState {
            append(#","state":null"#)
        }
        append("}")
    }
}
