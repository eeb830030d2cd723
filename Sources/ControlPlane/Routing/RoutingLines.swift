import Registry

/// The whole table as NDJSON, in pieces to be streamed: a line with the revision, then one for each cell, tenant and
/// host. Each piece is made when it is asked for, from one segment, and not kept.
public struct RoutingLines: Sequence, IteratorProtocol, Sendable {
    private let cells: RoutingCells
    private var head: [UInt8]?
    private var tenants: ArraySlice<Segment>
    private var hosts: ArraySlice<Segment>

    init(_ snapshot: RoutingSnapshot) {
        cells = snapshot.cells
        tenants = snapshot.tenants.segments.filter { $0.count > 0 }[...]
        hosts = snapshot.hosts.segments.filter { $0.count > 0 }[...]
        var head = Array("{\"revision\":\"\(snapshot.tag)\"}\n".utf8)
        for cell in cells.present { cell.appendLine(to: &head) }
        self.head = head
    }

    /// Whole lines; some 200 KB at most, but for the first piece, which holds the cells.
    public mutating func next() -> [UInt8]? {
        if let head = head.take() { return head }
        var bytes: [UInt8] = []
        if let segment = tenants.popFirst() {
            bytes.reserveCapacity(segment.count * 80)
            segment.forEach { id, value in
                let record = TenantEntry(value)
                bytes.append(#"{"tenant":"#)
                bytes.appendJSON(id)
                bytes.append(contentsOf: cells[record.cell].answerHead)
                bytes.append(record.epoch)
                if record.state != .serving { bytes.appendMember(record.state) }
                bytes.append("}\n")
            }
            return bytes
        }
        guard let segment = hosts.popFirst() else { return nil }
        segment.forEach { host, tenant in
            bytes.append(#"{"host":"#)
            bytes.appendJSON(host)
            bytes.append(#","tenant":"#)
            bytes.appendJSON(tenant)
            bytes.append("}\n")
        }
        return bytes
    }
}

extension RoutingSnapshot {
    public var lines: RoutingLines { RoutingLines(self) }
}
