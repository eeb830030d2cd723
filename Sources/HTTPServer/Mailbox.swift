import CMicroHTTPD
import Glibc
import HTTP
import Synchronization

/// What other threads tell a loop.
enum Mail {
    /// The answer that was made off the loop.
    case finished(Connection, Response)
    /// A signal fired that watches of this loop wait for.
    case fired(SignalWatches)
    /// The reader of a request's body has room again.
    case readerReady(Connection, InboundBody)
    /// The writer of an answer's body has something to send.
    case writerReady(Connection, OutboundBody)
    /// A newer watch of the same owner was parked on another loop.
    case superseded(Connection, watch: UInt64)
    case stop(deadline: MonotonicTime)
}

/// Where other threads leave mail for a loop, and wake it.
final class Mailbox: Sendable {
    private struct State {
        var mail: [Mail] = []
        var isAwake = false
    }

    private let state = Mutex(State())
    /// An eventfd, readable while there is mail that the loop has not been woken for.
    let descriptor: Int32

    init() throws(ServerError) {
        descriptor = cmhd_eventfd()
        guard descriptor >= 0 else { throw .last("eventfd") }
    }

    deinit { close(descriptor) }

    /// Any thread.
    func post(_ mail: Mail) {
        let mustWake = state.withLock { state in
            state.mail.append(mail)
            defer { state.isAwake = true }
            return !state.isAwake
        }
        guard mustWake else { return }
        var one: UInt64 = 1
        // It can fail only where the counter would overflow, and then the loop is awake anyway.
        _ = unsafe write(descriptor, &one, MemoryLayout<UInt64>.size)
    }

    /// The loop: what has come since the last call, in order.
    ///
    /// Drains the descriptor first: mail that comes in between is taken too, and only wakes the loop once in
    /// vain. The other way round it would lie there with nobody to wake the loop for it.
    func take() -> [Mail] {
        guard state.withLock({ $0.isAwake }) else { return [] }
        var count: UInt64 = 0
        _ = unsafe read(descriptor, &count, MemoryLayout<UInt64>.size)
        return state.withLock { state in
            defer { state = State() }
            return state.mail
        }
    }
}
