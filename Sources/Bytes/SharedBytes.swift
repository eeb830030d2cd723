import Synchronization

/// Bytes at one address for as long as anybody holds them.
public final class SharedBytes: Sendable {
    public let count: Int
    /// Never written while `owner` lives.
    nonisolated(unsafe) public let start: UnsafeRawPointer
    /// Who keeps them there. A server that still sends them may hold it when nobody holds the rest any more.
    public let owner: any AnyObject & Sendable
    /// What a server keeps beside the bytes: the answers that it has made of them, so that it does not make
    /// them anew for each request. Worth something where the same `SharedBytes` and fields answer many
    /// requests.
    public let attachment = Mutex<(any AnyObject & Sendable)?>(nil)

    /// Bytes that lie in `owner`, unmoved and unwritten for as long as it lives.
    public init(owner: any AnyObject & Sendable, start: UnsafeRawPointer, count: Int) {
        self.owner = owner
        self.start = start
        self.count = count
    }

    /// A copy.
    public convenience init(_ bytes: [UInt8]) { self.init(joining: [bytes]) }

    /// A copy of the pieces, one behind the other: each byte is copied once, which counts where they are megabytes.
    public convenience init(joining pieces: [[UInt8]]) {
        let copy = Copy(pieces)
        self.init(owner: copy, start: copy.start, count: copy.count)
    }

    public var bytes: [UInt8] { [UInt8](UnsafeRawBufferPointer(start: start, count: count)) }

    private final class Copy: Sendable {
        nonisolated(unsafe) let start: UnsafeRawPointer  // Never written after `init`.
        let count: Int

        init(_ pieces: [[UInt8]]) {
            count = pieces.reduce(0) { $0 + $1.count }
            let memory = UnsafeMutableRawPointer.allocate(byteCount: max(1, count), alignment: 16)
            var end = memory
            for piece in pieces {
                piece.withUnsafeBytes { bytes in
                    if let start = bytes.baseAddress { end.copyMemory(from: start, byteCount: bytes.count) }
                }
                end += piece.count
            }
            start = UnsafeRawPointer(memory)
        }

        deinit { start.deallocate() }
    }
}
