/// Compresses the whole content at once.
///
/// - Precondition: the level is one of the encoding's `levels`.
/// - Throws: `CompressionError.outOfMemory` alone.
public func compress(
    _ bytes: UnsafeRawBufferPointer, as encoding: ContentEncoding, level: Int = 1
) throws(CompressionError) -> [UInt8] {
    try unsafe StreamCompressor(encoding, level: level).run(bytes, .end)
}

public func compress(
    _ bytes: [UInt8], as encoding: ContentEncoding, level: Int = 1
) throws(CompressionError) -> [UInt8] {
    try StreamCompressor(encoding, level: level).run(bytes, .end)
}
