import Synchronization

/// A `Mutex` that the thread sanitizer understands.
///
/// On Linux the kernel itself hands a contended `Mutex` to the thread that waits (`FUTEX_LOCK_PI`), with no atomic
/// operation in the program that the sanitizer could see, and it then reports what the lock protects as a race. The
/// release and the acquire here say what the lock does anyway; they are plain moves on x86.
package struct Guarded<State: Sendable>: ~Copyable, Sendable {
    @usableFromInline package let state: Mutex<State>
    @usableFromInline package let handover = Atomic(false)

    @inlinable package init(_ state: State) { self.state = Mutex(state) }

    @inlinable package func withLock<Result, Failure: Error>(
        _ body: (inout State) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try state.withLock { (state) throws(Failure) -> Result in
            _ = handover.load(ordering: .acquiring)
            defer { handover.store(true, ordering: .releasing) }
            return try body(&state)
        }
    }
}
