import Compression

/// One part of the routing table: its JSON, and that compressed by itself, each made when first asked for.
///
/// Parts stitch into one body, so a change makes anew the part it lies in and no other.
struct TablePart: ~Copyable, Sendable {
    private let plain = BuiltOnce<[UInt8]>()
    private let gzipped = BuiltOnce<GzipPart>()
    private let zstandard = BuiltOnce<ZstdPart>()

    func json(_ render: () -> [UInt8]) -> [UInt8] {
        plain.value(render)
    }

    /// The JSON is not kept for this: where nobody asks for the plain table, it would be memory for nothing.
    func gzip(_ render: () -> [UInt8]) throws(CompressionError) -> GzipPart {
        try gzipped.value { () throws(CompressionError) in
            try GzipPart(compressing: plain.ready ?? render())
        }
    }

    func zstd(_ render: () -> [UInt8]) throws(CompressionError) -> ZstdPart {
        try zstandard.value { () throws(CompressionError) in
            try ZstdPart(compressing: plain.ready ?? render())
        }
    }
}

/// A text of the table with its part: the punctuation between the others, or the cells.
final class TableText: Sendable {
    let part = TablePart()
    let bytes: @Sendable () -> [UInt8]

    init(_ bytes: @escaping @Sendable () -> [UInt8]) { self.bytes = bytes }

    convenience init(_ text: String) {
        let bytes = Array(text.utf8)
        self.init { bytes }
    }
}
