import CCompression

/// Decompresses the whole content: all members of a gzip file, all frames of a zstd one.
///
/// Memory stays near `bytesMax` whatever the bytes pretend: the output grows only as it is produced, and a zstd
/// window above 8 MB is refused.
///
/// - Throws: `CompressionError`; `tooLarge` as soon as there is one byte more than `bytesMax`.
public func decompress(
    _ bytes: UnsafeRawBufferPointer, as encoding: ContentEncoding, bytesMax: Int
) throws(CompressionError) -> [UInt8] {
    switch encoding {
    case .gzip: try unsafe inflate(bytes, bytesMax: bytesMax)
    case .zstd: try unsafe unzstd(bytes, bytesMax: bytesMax)
    }
}

public func decompress(
    _ bytes: [UInt8], as encoding: ContentEncoding, bytesMax: Int
) throws(CompressionError) -> [UInt8] {
    try unsafe bytes.withUnsafeBufferPointer { (buffer) throws(CompressionError) -> [UInt8] in
        try unsafe decompress(UnsafeRawBufferPointer(buffer), as: encoding, bytesMax: bytesMax)
    }
}

/// What is decompressed so far; it never holds more than `bytesMax`.
@safe
private struct Output: ~Copyable {
    private(set) var bytes: [UInt8] = []
    let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: scratchBytes, alignment: 16)
    let bytesMax: Int

    init(bytesMax: Int) { self.bytesMax = bytesMax }

    deinit { unsafe scratch.deallocate() }

    mutating func take(_ count: Int) throws(CompressionError) {
        guard count <= bytesMax - bytes.count else { throw .tooLarge(bytesMax: bytesMax) }
        unsafe bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: scratch[..<count]))
    }
}

private func inflate(_ input: UnsafeRawBufferPointer, bytesMax: Int) throws(CompressionError) -> [UInt8] {
    // On the heap, since zlib remembers where it lies.
    let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    unsafe stream.initialize(to: z_stream())
    defer { unsafe stream.deallocate() }
    // 16 more than the window's bits: gzip alone, neither zlib's own header nor none.
    guard unsafe ccompression_inflate_init(stream, MAX_WBITS + 16) == Z_OK else { throw .outOfMemory }
    defer { _ = unsafe inflateEnd(stream) }
    var output = Output(bytesMax: bytesMax)
    var consumed = 0
    while true {
        let piece = unsafe UnsafeRawBufferPointer(rebasing: input[consumed...].prefix(Int(UInt32.max)))
        unsafe stream.pointee.next_in = piece.baseAddress?.assumingMemoryBound(to: UInt8.self)
        unsafe stream.pointee.avail_in = UInt32(piece.count)
        unsafe stream.pointee.next_out = output.scratch.baseAddress?.assumingMemoryBound(to: UInt8.self)
        unsafe stream.pointee.avail_out = UInt32(output.scratch.count)
        let code = unsafe CCompression.inflate(stream, Z_NO_FLUSH)
        consumed += unsafe piece.count - Int(stream.pointee.avail_in)
        try unsafe output.take(output.scratch.count - Int(stream.pointee.avail_out))
        switch code {
        case Z_OK: continue
        case Z_STREAM_END:
            if consumed == input.count { return output.bytes }
            // Another member follows (RFC 1952 §2.2), or what follows is no gzip and refused as such.
            _ = unsafe inflateReset(stream)
        case Z_BUF_ERROR: throw .truncated
        case Z_MEM_ERROR: throw .outOfMemory
        default: throw .corrupt
        }
    }
}

private func unzstd(_ input: UnsafeRawBufferPointer, bytesMax: Int) throws(CompressionError) -> [UInt8] {
    guard let context = unsafe ZSTD_createDCtx() else { throw .outOfMemory }
    defer { _ = unsafe ZSTD_freeDCtx(context) }
    // 2^23 bytes: the largest window of the content coding (RFC 9659 §3).
    _ = unsafe ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, 23)
    var output = Output(bytesMax: bytesMax)
    var from = unsafe ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
    while true {
        var to = unsafe ZSTD_outBuffer(dst: output.scratch.baseAddress, size: output.scratch.count, pos: 0)
        let consumed = unsafe from.pos
        let hint = unsafe ZSTD_decompressStream(context, &to, &from)
        guard ZSTD_isError(hint) == 0 else {
            throw ZSTD_getErrorCode(hint) == ZSTD_error_memory_allocation ? .outOfMemory : .corrupt
        }
        try unsafe output.take(to.pos)
        // Zero says that a frame is complete and all of it is out; there may be another one behind it.
        if hint == 0, unsafe from.pos == from.size { return output.bytes }
        if unsafe to.pos == 0, unsafe from.pos == consumed { throw .truncated }
    }
}
