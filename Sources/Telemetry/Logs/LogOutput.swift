import Glibc
import Synchronization

/// Where log lines go, under a lock so that no two of them mix.
///
/// Whoever logs never waits for whoever reads: a line that a full pipe does not take is lost, and counted. The first
/// line that it takes again comes after one that says how many were lost.
public final class LogOutput: Sendable {
    public static let standardError = LogOutput(descriptor: STDERR_FILENO)

    fileprivate struct State {
        var descriptor: Int32
        /// The end of a line of which the pipe took only the beginning.
        var rest: ArraySlice<UInt8> = []
        /// Since the last line that was taken.
        var lost = 0
    }

    private let state: Mutex<State>
    private let lostInAll = Atomic(0)

    /// Lines lost since the start.
    public var lost: Int { lostInAll.load(ordering: .relaxed) }

    /// The descriptor stays the caller's.
    public init(descriptor: Int32) { state = Mutex(State(descriptor: descriptor)) }

    /// Where nobody reads any more lines are lost too, since a log must not stop a server; the process ignores
    /// SIGPIPE, or that would.
    ///
    /// - Parameter lost: makes the line that says how many were lost.
    func write(_ line: [UInt8], saying lost: (Int) -> [UInt8]) {
        state.withLock { state in
            guard state.writeRest() else { return lose(&state) }
            let bytes = state.lost > 0 ? lost(state.lost) + line : line
            state.rest = bytes[...]
            if !state.writeRest(), state.rest.count == bytes.count {
                state.rest = []
                lose(&state)
            } else {
                state.lost = 0
            }
        }
    }

    private func lose(_ state: inout State) {
        state.lost += 1
        lostInAll.add(1, ordering: .relaxed)
    }
}

extension LogOutput.State {
    /// - Returns: true once nothing is left to write; false where the pipe is full, or broken.
    mutating func writeRest() -> Bool {
        while !rest.isEmpty {
            // A pipe that can be written to takes as much as this at once, whoever else writes to it.
            guard isWritable else { return false }
            let count = rest.prefix(Int(PIPE_BUF)).withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress, $0.count)
            }
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else if errno != EINTR {
                return false
            }
        }
        return true
    }

    private var isWritable: Bool {
        var state = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        return poll(&state, 1, 0) == 1
    }
}
