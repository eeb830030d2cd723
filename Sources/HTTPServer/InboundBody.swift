import HTTP
import Synchronization

/// A request's body between the loop, which receives it, and the handler, which reads it.
///
/// Holds at most about `heldBytesMax`: past it the connection is suspended, the kernel's buffer fills, and
/// the client waits.
final class InboundBody: BodyReader {
    private struct State {
        var pieces: [[UInt8]] = []
        var heldBytes = 0
        var isWhole = false
        var isBroken = false
        /// The loop waits for room.
        var isFull = false
        var waiting: CheckedContinuation<Void, Never>?
    }

    static let heldBytesMax = 256 << 10

    private let state = Mutex(State())
    private let roomMade: @Sendable (InboundBody) -> Void

    /// - Parameter roomMade: called by the reader's thread once there is room again after `receive` said
    ///   full.
    init(roomMade: @escaping @Sendable (InboundBody) -> Void) { self.roomMade = roomMade }

    /// The loop: false where the reader is behind, and the loop must wait for `roomMade`.
    func receive(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let (waiting, hasRoom) = state.withLock { state in
            // Pieces as the library hands them over have 4 KB at most: they are joined, so that a long body
            // is not a million small arrays.
            if let last = state.pieces.indices.last, state.pieces[last].count < 64 << 10 {
                unsafe state.pieces[last].append(contentsOf: bytes)
            } else {
                unsafe state.pieces.append([UInt8](bytes))
            }
            state.heldBytes += bytes.count
            state.isFull = state.heldBytes >= Self.heldBytesMax
            return (state.waiting.take(), !state.isFull)
        }
        waiting?.resume()
        return hasRoom
    }

    /// The loop: the body is whole.
    func end() { close { $0.isWhole = true } }

    /// The loop: the client is gone, or was too slow.
    func breakOff() { close { $0.isBroken = true } }

    private func close(_ change: (inout State) -> Void) {
        state.withLock { state -> CheckedContinuation<Void, Never>? in
            change(&state)
            return state.waiting.take()
        }?.resume()
    }

    func next() async throws -> [UInt8]? {
        while true {
            switch take() {
            case .piece(let piece): return piece
            case .end: return nil
            case .broken: throw BodyClosed()
            case .nothing: await arrival()
            }
        }
    }

    private enum Taken {
        case piece([UInt8])
        case end
        case broken
        case nothing
    }

    private func take() -> Taken {
        let (taken, madeRoom) = state.withLock { state -> (Taken, Bool) in
            if state.isBroken { return (.broken, false) }
            guard !state.pieces.isEmpty else { return (state.isWhole ? .end : .nothing, false) }
            let piece = state.pieces.removeFirst()
            state.heldBytes -= piece.count
            guard state.isFull, state.heldBytes <= Self.heldBytesMax / 2 else {
                return (.piece(piece), false)
            }
            state.isFull = false
            return (.piece(piece), true)
        }
        if madeRoom { roomMade(self) }
        return taken
    }

    /// Waits until there is something to take; a single reader, by the protocol's contract.
    private func arrival() async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                guard state.pieces.isEmpty, !state.isWhole, !state.isBroken else { return true }
                precondition(state.waiting == nil, "a body has one reader")
                state.waiting = continuation
                return false
            }
            if isThere { continuation.resume() }
        }
    }
}
