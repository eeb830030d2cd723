/// Compresses content that is produced piece by piece.
///
/// For one task at a time; not `Sendable`.
public final class StreamCompressor {
    private let codec: any Codec
    private var isFinished = false

    /// - Throws: `CompressionError.outOfMemory`, as all of this does and nothing else.
    public init(_ encoding: ContentEncoding, level: Int = 1) throws(CompressionError) {
        switch encoding {
        case .gzip: codec = try Deflater(.gzip, level: level)
        case .zstd: codec = try ZstdCodec(level: level)
        }
    }

    /// What can be sent now, often nothing until enough has come together.
    ///
    /// - Parameter flush: true brings out everything so far, at the cost of a few bytes.
    /// - Precondition: it is not finished.
    public func compress(
        _ bytes: UnsafeRawBufferPointer, flush: Bool = false
    ) throws(CompressionError) -> [UInt8] {
        try unsafe run(bytes, flush ? .flush : .more)
    }

    public func compress(_ bytes: [UInt8], flush: Bool = false) throws(CompressionError) -> [UInt8] {
        try run(bytes, flush ? .flush : .more)
    }

    /// The rest, and the end of the stream.
    ///
    /// - Precondition: it is called once.
    public func finish() throws(CompressionError) -> [UInt8] { try run([], .end) }

    func run(_ bytes: UnsafeRawBufferPointer, _ step: Step) throws(CompressionError) -> [UInt8] {
        precondition(!isFinished, "the stream is finished")
        isFinished = step == .end
        var output: [UInt8] = []
        try unsafe codec.run(bytes, step, into: &output)
        return output
    }

    func run(_ bytes: [UInt8], _ step: Step) throws(CompressionError) -> [UInt8] {
        try unsafe bytes.withUnsafeBufferPointer { (buffer) throws(CompressionError) -> [UInt8] in
            try unsafe run(UnsafeRawBufferPointer(buffer), step)
        }
    }
}
