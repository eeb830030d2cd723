import Bytes
import Compression

/// The whole table, in the encodings that gateways take.
///
/// `{"revision":"…","cells":{…},"tenants":{…},"hosts":{…}}` is put together from parts: the punctuation, the cells, and
/// one for each segment of the two indexes. The parts stay with what they are made of, and so outlive the snapshot: after
/// a change the next table lacks but the part of the segment that changed. What is left is to copy them in a row.
extension RoutingSnapshot {
    /// The body, if it has been built. Never waits: the way for a loop's thread.
    ///
    /// - Parameter encoding: nil: not compressed.
    public func readyTable(_ encoding: ContentEncoding?) -> SharedBytes? {
        switch encoding {
        case nil: plainTable.ready
        case .gzip: gzipTable.ready
        case .zstd: zstdTable.ready
        }
    }

    /// The body, built at most once; whoever asks meanwhile waits for it. Half a second for the first table of a
    /// million tenants: not for a loop's thread.
    ///
    /// - Parameter encoding: nil: not compressed.
    /// - Throws: `CompressionError.outOfMemory` alone.
    public func table(_ encoding: ContentEncoding?) throws(CompressionError) -> SharedBytes {
        switch encoding {
        case nil:
            plainTable.value { SharedBytes(joining: tableParts.map { $0.json() }) }
        case .gzip:
            try gzipTable.value { () throws(CompressionError) in
                SharedBytes(
                    joining: GzipPart.pieces(
                        try tableParts.map { (part) throws(CompressionError) in try part.gzip() }))
            }
        case .zstd:
            try zstdTable.value { () throws(CompressionError) in
                SharedBytes(
                    joining: ZstdPart.pieces(
                        try tableParts.map { (part) throws(CompressionError) in try part.zstd() }))
            }
        }
    }

    private var tableParts: [PartOfTable] {
        var parts: [PartOfTable] = [
            .text(TableText(#"{"revision":"\#(tag)","cells":{"#)), .text(cells.table), .text(.tenantsHead),
        ]
        parts += tenants.segments.filter { $0.count > 0 }.map { .tenants($0, cells) }.separated
        parts.append(.text(.hostsHead))
        parts += hosts.segments.filter { $0.count > 0 }.map { .hosts($0) }.separated
        parts.append(.text(.tableEnd))
        return parts
    }
}

/// What the table is put together from.
private enum PartOfTable {
    case text(TableText)
    case tenants(Segment, RoutingCells)
    case hosts(Segment)

    func json() -> [UInt8] {
        withPart { part, render in part.json(render) }
    }

    func gzip() throws(CompressionError) -> GzipPart {
        try withPart { (part, render) throws(CompressionError) in try part.gzip(render) }
    }

    func zstd() throws(CompressionError) -> ZstdPart {
        try withPart { (part, render) throws(CompressionError) in try part.zstd(render) }
    }

    private func withPart<Result, Failure: Error>(
        _ body: (_ part: borrowing TablePart, _ render: () -> [UInt8]) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        switch self {
        case .text(let text): try body(text.part, text.bytes)
        case .tenants(let segment, let cells):
            try body(segment.part) { Self.members(tenants: segment, cells) }
        case .hosts(let segment): try body(segment.part) { Self.members(hosts: segment) }
        }
    }

    private static func members(tenants: Segment, _ cells: RoutingCells) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(tenants.count * 64)
        tenants.forEach { id, value in
            let record = TenantEntry(value)
            bytes.separate()
            bytes.appendJSON(id)
            bytes.append(":")
            cells[record.cell].appendTenant(record, to: &bytes)
        }
        return bytes
    }

    private static func members(hosts: Segment) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(hosts.count * 64)
        hosts.forEach { host, tenant in
            bytes.separate()
            bytes.appendJSON(host)
            bytes.append(":")
            bytes.appendJSON(tenant)
        }
        return bytes
    }
}

extension [PartOfTable] {
    /// With a comma between each two.
    fileprivate var separated: [PartOfTable] {
        var parts: [PartOfTable] = []
        parts.reserveCapacity(count * 2)
        for part in self {
            if !parts.isEmpty { parts.append(.text(.comma)) }
            parts.append(part)
        }
        return parts
    }
}

extension TableText {
    fileprivate static let comma = TableText(",")
    fileprivate static let tenantsHead = TableText(#"},"tenants":{"#)
    fileprivate static let hostsHead = TableText(#"},"hosts":{"#)
    fileprivate static let tableEnd = TableText("}}")
}
