/// Bytes that many requests share by reference: a table or a delta, serialised once for all who ask for it.
///
/// They lie at one address for as long as anybody holds this, so that a server can send them from where they are.
public final class SharedData: Sendable {
    public let count: Int
    /// Never written after `init`.
    nonisolated(unsafe) public let start: UnsafeRawPointer

    init(_ bytes: [UInt8]) {
        count = bytes.count
        let buffer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: max(1, count))
        _ = buffer.initialize(from: bytes)
        start = UnsafeRawPointer(buffer.baseAddress!)
    }

    deinit { start.deallocate() }

    public var bytes: [UInt8] { [UInt8](UnsafeRawBufferPointer(start: start, count: count)) }
}
