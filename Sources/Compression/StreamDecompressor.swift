import CCompression

/// Decompresses a zstd file that arrives piece by piece, in bounded memory: any number of frames, one behind another.
///
/// For one task at a time; not `Sendable`.
@safe
public final class StreamDecompressor {
    private let context: OpaquePointer
    private let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: scratchBytes, alignment: 16)
    /// Nothing is missing of the frame that was read last.
    private var isComplete = false

    /// - Throws: `CompressionError.outOfMemory`.
    public init() throws(CompressionError) {
        guard let context = unsafe ZSTD_createDCtx() else { throw .outOfMemory }
        unsafe self.context = unsafe context
        // 2^23 bytes, as everywhere (RFC 9659 §3): a file can't ask for more memory than that.
        _ = unsafe ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, 23)
    }

    deinit {
        _ = unsafe ZSTD_freeDCtx(context)
        unsafe scratch.deallocate()
    }

    /// Hands on what the piece decompresses to, in pieces of at most 32 KiB.
    ///
    /// - Throws: `CompressionError`, and what `receive` throws.
    public func decompress(_ bytes: [UInt8], _ receive: (UnsafeRawBufferPointer) throws -> Void) throws {
        try unsafe bytes.withUnsafeBytes { input in
            var from = unsafe ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
            var isFull = false
            while unsafe from.pos < from.size || isFull {
                var to = unsafe ZSTD_outBuffer(dst: scratch.baseAddress, size: scratch.count, pos: 0)
                let hint = unsafe ZSTD_decompressStream(context, &to, &from)
                guard ZSTD_isError(hint) == 0 else {
                    throw ZSTD_getErrorCode(hint) == ZSTD_error_memory_allocation
                        ? CompressionError.outOfMemory : .corrupt
                }
                isComplete = hint == 0
                isFull = unsafe to.pos == to.size && hint != 0
                if unsafe to.pos > 0 {
                    try unsafe receive(UnsafeRawBufferPointer(rebasing: scratch[..<to.pos]))
                }
            }
        }
    }

    /// - Throws: `CompressionError.truncated` where the content was not whole.
    public func finish() throws(CompressionError) {
        guard isComplete else { throw .truncated }
    }
}
