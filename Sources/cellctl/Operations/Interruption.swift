import Glibc
import Synchronization

/// What Ctrl-C says before it ends the process: that the work goes on elsewhere, and how to come back to it.
///
/// The process then dies of the signal as it would have without, so that a shell's loop around it ends too (exit code
/// 130). The handler calls nothing but what a handler may (signal-safety(7)).
enum Interruption {
    /// The address of the number of bytes, and the bytes behind it. Never freed: the handler may be reading it.
    private static let notice = Atomic<UInt>(0)

    static func tell(_ lines: [String]) {
        let bytes = Array(("\n" + lines.joined(separator: "\n") + "\n").utf8)
        let size = MemoryLayout<Int>.size
        let buffer = UnsafeMutableRawPointer.allocate(
            byteCount: size + bytes.count, alignment: MemoryLayout<Int>.alignment)
        buffer.storeBytes(of: bytes.count, as: Int.self)
        (buffer + size).copyMemory(from: bytes, byteCount: bytes.count)
        let isFirst = notice.exchange(UInt(bitPattern: buffer), ordering: .acquiringAndReleasing) == 0
        guard isFirst else { return }
        let before = signal(SIGINT, handler)
        // A shell's job in the background ignores Ctrl-C, and goes on so.
        if unsafeBitCast(before, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self) {
            signal(SIGINT, before)
        }
    }

    private static let handler: @convention(c) (Int32) -> Void = { number in
        if let buffer = UnsafeRawPointer(bitPattern: notice.load(ordering: .acquiring)) {
            _ = write(STDERR_FILENO, buffer + MemoryLayout<Int>.size, buffer.load(as: Int.self))
        }
        signal(number, SIG_DFL)
        raise(number)
    }
}
