import HTTP
import Synchronization

/// An answer's body between its writer and the loop, which sends it.
///
/// Holds at most about `heldBytesMax`: past it the writer waits until the client has read.
final class OutboundBody: BodyWriter {
    private struct State {
        var pieces: [[UInt8]] = []
        /// Bytes of the first piece that are sent already.
        var sentOfFirst = 0
        var heldBytes = 0
        var isWhole = false
        /// The writer failed: the client must see that the body is not whole.
        var isBroken = false
        /// The client is gone, or the server stops.
        var isClosed = false
        /// The loop waits for bytes.
        var isEmpty = false
        var waiting: CheckedContinuation<Void, Never>?
    }

    enum Taken: Equatable {
        case bytes(Int)
        /// The loop must wait for `bytesCame`.
        case nothing
        case end
        case broken
    }

    static let heldBytesMax = 256 << 10

    private let state = Mutex(State())
    private let bytesCame: @Sendable (OutboundBody) -> Void

    /// - Parameter bytesCame: called by the writer's thread once there is something after `take` said
    ///   nothing.
    init(bytesCame: @escaping @Sendable (OutboundBody) -> Void) { self.bytesCame = bytesCame }

    func write(_ bytes: [UInt8]) async throws {
        guard !bytes.isEmpty else { return }
        let (mustWake, isFull) = try state.withLock { state in
            guard !state.isClosed else { throw BodyClosed() }
            state.pieces.append(bytes)
            state.heldBytes += bytes.count
            defer { state.isEmpty = false }
            return (state.isEmpty, state.heldBytes >= Self.heldBytesMax)
        }
        if mustWake { bytesCame(self) }
        if isFull { try await room() }
    }

    /// The writer is done; with `isBroken` the client is shown that something is missing.
    func end(isBroken: Bool) {
        let mustWake = state.withLock { state in
            state.isWhole = !isBroken
            state.isBroken = isBroken
            defer { state.isEmpty = false }
            return state.isEmpty
        }
        if mustWake { bytesCame(self) }
    }

    /// The loop: nobody will read any more.
    func close() {
        state.withLock { state -> CheckedContinuation<Void, Never>? in
            state.isClosed = true
            state.pieces = []
            return state.waiting.take()
        }?.resume()
    }

    /// The loop: moves the next bytes into `buffer`.
    func take(into buffer: UnsafeMutableRawBufferPointer) -> Taken {
        let (taken, waiting) = state.withLock { state -> (Taken, CheckedContinuation<Void, Never>?) in
            if state.isClosed || state.isBroken { return (.broken, nil) }
            guard let first = state.pieces.first else {
                state.isEmpty = !state.isWhole
                return (state.isWhole ? .end : .nothing, nil)
            }
            let count = Swift.min(buffer.count, first.count - state.sentOfFirst)
            unsafe first.withUnsafeBytes { bytes in
                let part = unsafe UnsafeRawBufferPointer(
                    rebasing: bytes[state.sentOfFirst..<state.sentOfFirst + count])
                unsafe buffer.copyMemory(from: part)
            }
            state.sentOfFirst += count
            state.heldBytes -= count
            if state.sentOfFirst == first.count {
                state.pieces.removeFirst()
                state.sentOfFirst = 0
            }
            return (.bytes(count), state.heldBytes <= Self.heldBytesMax / 2 ? state.waiting.take() : nil)
        }
        waiting?.resume()
        return taken
    }

    private func room() async throws {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                guard !state.isClosed, state.heldBytes > Self.heldBytesMax / 2 else { return true }
                precondition(state.waiting == nil, "a body has one writer")
                state.waiting = continuation
                return false
            }
            if isThere { continuation.resume() }
        }
        if state.withLock({ $0.isClosed }) { throw BodyClosed() }
    }
}
