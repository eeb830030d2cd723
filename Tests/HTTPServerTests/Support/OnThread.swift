import Glibc
import Synchronization

/// Runs what blocks on a thread of its own, so that the few threads that run tasks stay free for the
/// server's.
func onThread<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
        let job = Job { continuation.resume(with: Swift.Result { try body() }) }
        var thread = pthread_t()
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        let created = pthread_create(&thread, &attributes, runJob, Unmanaged.passRetained(job).toOpaque())
        pthread_attr_destroy(&attributes)
        precondition(created == 0, "no thread")
    }
}

/// A thread that blocks beside the test's own.
final class BlockingThread {
    private var thread = pthread_t()

    init(_ body: @escaping @Sendable () -> Void) {
        let created = pthread_create(&thread, nil, runJob, Unmanaged.passRetained(Job(body)).toOpaque())
        precondition(created == 0, "no thread")
    }

    func join() { pthread_join(thread, nil) }
}

private final class Job: Sendable {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}

private func runJob(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    if let context { Unmanaged<Job>.fromOpaque(context).takeRetainedValue().run() }
    return nil
}

/// Looks every few milliseconds until `condition` holds; false where it does not within ten seconds.
func eventually(_ condition: () -> Bool) -> Bool {
    for _ in 0..<2_000 {
        if condition() { return true }
        usleep(5_000)
    }
    return condition()
}

/// Whether `count` has grown and does not grow any more; looks for ten seconds at most.
func comesToRest(_ count: () -> Int) -> Bool {
    var before = 0
    return eventually {
        defer { before = count() }
        usleep(100_000)
        return before > 0 && before == count()
    }
}

/// A value that many threads change.
final class Shared<Value: Sendable>: Sendable {
    private let state: Mutex<Value>
    init(_ value: Value) { state = Mutex(value) }
    var value: Value { state.withLock { $0 } }
    func change(_ body: (inout Value) -> Void) {
        state.withLock { body(&$0) }
    }
}
