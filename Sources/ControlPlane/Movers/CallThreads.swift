import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Runs calls that block, each on a thread of its own while it lasts: Swift's own pool has one thread a core, and a
/// receiver that does not answer would keep one for half a minute.
final class CallThreads: Sendable {
    private struct State {
        var running = 0
        var waiting: [@Sendable () -> Void] = []
    }

    private let state = Mutex(State())
    private let max: Int

    /// - Parameter max: so many run at once; those past it wait, first come, first served.
    init(max: Int) {
        precondition(max > 0, "a call needs a thread")
        self.max = max
    }

    /// - Returns: nil where the task is cancelled first, or there is no thread. What runs by then ends unseen.
    func run<Result: Sendable>(_ work: @escaping @Sendable () -> Result) async -> Result? {
        let promise = Promise<Result>()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                guard promise.isAwaited(by: continuation) else { return }
                enter {
                    if promise.isOpen { promise.keep(work()) }
                } orElse: {
                    promise.keep(nil)
                }
            }
        } onCancel: {
            promise.keep(nil)
        }
    }

    private func enter(_ work: @escaping @Sendable () -> Void, orElse fail: () -> Void) {
        let mayRun = state.withLock { state in
            guard state.running < max else {
                state.waiting.append(work)
                return false
            }
            state.running += 1
            return true
        }
        guard mayRun else { return }
        let isStarted = Self.startThread {
            work()
            // The thread goes on with whoever waits.
            while let next = self.next() { next() }
        }
        guard !isStarted else { return }
        state.withLock { $0.running -= 1 }
        fail()
    }

    private func next() -> (@Sendable () -> Void)? {
        state.withLock { state in
            if state.waiting.isEmpty {
                state.running -= 1
                return nil
            }
            return state.waiting.removeFirst()
        }
    }

    private final class Work {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    private static func startThread(_ run: @escaping @Sendable () -> Void) -> Bool {
        var thread = pthread_t()
        let work = Unmanaged.passRetained(Work(run))
        guard pthread_create(&thread, nil, callThread, work.toOpaque()) == 0 else {
            work.release()
            return false
        }
        pthread_detach(thread)
        return true
    }

    fileprivate static func run(_ argument: UnsafeMutableRawPointer) {
        Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().run()
    }
}

/// A function at file scope, because a closure made in actor code would carry its actor along and die on this thread.
private func callThread(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    // Signals are for the main thread.
    var all = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_BLOCK, &all, nil)
    if let argument { CallThreads.run(argument) }
    return nil
}

/// A value that comes once, for one that waits; whatever comes after the first is dropped.
private final class Promise<Value: Sendable>: Sendable {
    private enum State {
        case open(CheckedContinuation<Value?, Never>?)
        case kept
    }

    private let state = Mutex(State.open(nil))

    var isOpen: Bool {
        state.withLock { if case .open = $0 { true } else { false } }
    }

    /// False where it was kept before anybody waited, which only a cancellation does: that one is told here.
    func isAwaited(by continuation: CheckedContinuation<Value?, Never>) -> Bool {
        let isOpen = state.withLock { state in
            guard case .open = state else { return false }
            state = .open(continuation)
            return true
        }
        if !isOpen { continuation.resume(returning: nil) }
        return isOpen
    }

    func keep(_ value: Value?) {
        let continuation = state.withLock { state in
            defer { state = .kept }
            if case .open(let continuation) = state { return continuation }
            return nil
        }
        continuation?.resume(returning: value)
    }
}
