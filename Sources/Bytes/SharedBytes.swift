import Synchronization

/// Bytes at one address for as long as anybody holds them: a table or a delta, made once for all who ask for it.
public final class SharedBytes: Sendable {
    /// Where the bytes lie; a server that still sends them may hold it when nobody holds the rest any more.
    public final class Memory: Sendable {
        public let count: Int
        /// Never written after `init`.
        nonisolated(unsafe) public let start: UnsafeRawPointer

        init(_ bytes: some Collection<UInt8>) {
            count = bytes.count
            let buffer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: Swift.max(1, count))
            _ = buffer.initialize(from: bytes)
            start = UnsafeRawPointer(buffer.baseAddress!)
        }

        deinit { start.deallocate() }
    }

    public let memory: Memory
    /// What a server keeps beside the bytes: the answers that it has made of them, so that it does not make them
    /// anew for each request. It goes when the bytes' last holder goes.
    public let attachment = Mutex<(any AnyObject & Sendable)?>(nil)

    public init(_ bytes: some Collection<UInt8>) { memory = Memory(bytes) }

    public var count: Int { memory.count }
    public var start: UnsafeRawPointer { memory.start }
    public var bytes: [UInt8] { [UInt8](UnsafeRawBufferPointer(start: start, count: count)) }
}
