import CCompression

/// How much a codec writes at a time.
let scratchBytes = 32 * 1024

/// What a codec does with the bytes it was given.
enum Step {
    case more
    /// All bytes so far come out, so that the reader can have them now.
    case flush
    /// All bytes come out and can be decompressed without any before them (deflate alone).
    case part
    case end
}

/// One compression under way, in a C library.
protocol Codec: AnyObject {
    func run(_ input: UnsafeRawBufferPointer, _ step: Step, into output: inout [UInt8])
        throws(CompressionError)
}

/// zlib's deflate.
@safe
final class Deflater: Codec {
    enum Format: Int32 {
        case gzip = 31
        case raw = -15
    }

    /// On the heap, since zlib remembers where it lies.
    private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    private let scratch = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: scratchBytes)

    init(_ format: Format, level: Int) throws(CompressionError) {
        precondition(ContentEncoding.gzip.levels.contains(level), "gzip has the levels 1 to 9")
        unsafe stream.initialize(to: z_stream())
        guard unsafe ccompression_deflate_init(stream, Int32(level), format.rawValue) == Z_OK else {
            throw .outOfMemory
        }
    }

    deinit {
        _ = unsafe deflateEnd(stream)
        unsafe stream.deallocate()
        unsafe scratch.deallocate()
    }

    func run(
        _ input: UnsafeRawBufferPointer, _ step: Step, into output: inout [UInt8]
    ) throws(CompressionError) {
        var rest = unsafe input[...]
        repeat {
            let piece = unsafe UnsafeRawBufferPointer(rebasing: rest.prefix(Int(UInt32.max)))
            unsafe rest = rest.dropFirst(piece.count)
            unsafe stream.pointee.next_in = piece.baseAddress?.assumingMemoryBound(to: UInt8.self)
            unsafe stream.pointee.avail_in = UInt32(piece.count)
            let flush = unsafe rest.isEmpty ? step.zlib : Z_NO_FLUSH
            repeat {
                unsafe stream.pointee.next_out = scratch.baseAddress
                unsafe stream.pointee.avail_out = UInt32(scratch.count)
                // A result of no progress (Z_BUF_ERROR) is no error: there was nothing to do.
                let code = unsafe deflate(stream, flush)
                precondition(code != Z_STREAM_ERROR, "a finished stream was written to")
                unsafe output.append(contentsOf: scratch[..<(scratch.count - Int(stream.pointee.avail_out))])
            } while unsafe stream.pointee.avail_out == 0
        } while unsafe !rest.isEmpty
    }
}

/// zstd's streaming compression.
@safe
final class ZstdCodec: Codec {
    private let context: OpaquePointer
    private let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: scratchBytes, alignment: 16)

    init(level: Int) throws(CompressionError) {
        precondition(ContentEncoding.zstd.levels.contains(level), "zstd has the levels 1 to 19")
        guard let context = unsafe ZSTD_createCCtx() else { throw .outOfMemory }
        unsafe self.context = unsafe context
        _ = unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, Int32(level))
        _ = unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)
    }

    deinit {
        _ = unsafe ZSTD_freeCCtx(context)
        unsafe scratch.deallocate()
    }

    func run(
        _ input: UnsafeRawBufferPointer, _ step: Step, into output: inout [UInt8]
    ) throws(CompressionError) {
        var from = unsafe ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
        while true {
            var to = unsafe ZSTD_outBuffer(dst: scratch.baseAddress, size: scratch.count, pos: 0)
            let left = unsafe ZSTD_compressStream2(context, &to, &from, step.zstd)
            guard ZSTD_isError(left) == 0 else { throw .outOfMemory }
            unsafe output.append(contentsOf: UnsafeRawBufferPointer(rebasing: scratch[..<to.pos]))
            if unsafe from.pos == from.size && (step == .more || left == 0) { return }
        }
    }
}

extension Step {
    fileprivate var zlib: Int32 {
        switch self {
        case .more: Z_NO_FLUSH
        case .flush: Z_SYNC_FLUSH
        case .part: Z_FULL_FLUSH
        case .end: Z_FINISH
        }
    }

    fileprivate var zstd: ZSTD_EndDirective {
        switch self {
        case .more: ZSTD_e_continue
        case .flush, .part: ZSTD_e_flush
        case .end: ZSTD_e_end
        }
    }
}
