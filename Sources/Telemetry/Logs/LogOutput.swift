import Glibc
import Synchronization

/// Where log lines go. Each is one `write(2)` under a lock, so that no two lines mix.
public final class LogOutput: Sendable {
    public static let standardError = LogOutput(descriptor: STDERR_FILENO)

    private let descriptor: Mutex<Int32>

    /// The descriptor stays the caller's.
    public init(descriptor: Int32) { self.descriptor = Mutex(descriptor) }

    /// Waits while a pipe is full. Where nobody reads any more the line is lost, since a log must not stop a server;
    /// the process ignores SIGPIPE, or that would.
    func write(_ line: [UInt8]) {
        descriptor.withLock { descriptor in
            var rest = line[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
                if count >= 0 {
                    rest = rest.dropFirst(count)
                } else if errno == EAGAIN {
                    var full = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                    poll(&full, 1, -1)
                } else if errno != EINTR {
                    return
                }
            }
        }
    }
}
