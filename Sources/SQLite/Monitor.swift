import Glibc

/// A state behind a lock, with a way to sleep until it has changed: what Synchronization's `Mutex` lacks.
///
/// Sendable although it holds pointers and mutable state: the state is touched only with the mutex held,
/// and the pointers never change.
@safe final class Monitor<State>: @unchecked Sendable {
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let changed: UnsafeMutablePointer<pthread_cond_t>
    private var state: State

    init(_ state: State) {
        self.state = state
        unsafe mutex = .allocate(capacity: 1)
        unsafe changed = .allocate(capacity: 1)
        unsafe pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        unsafe pthread_condattr_init(&attributes)
        unsafe pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        unsafe pthread_cond_init(changed, &attributes)
        unsafe pthread_condattr_destroy(&attributes)
    }

    deinit {
        unsafe pthread_cond_destroy(changed)
        unsafe pthread_mutex_destroy(mutex)
        unsafe changed.deallocate()
        unsafe mutex.deallocate()
    }

    /// Looks at the state or changes it, and lets all who wait look again. Nothing is called out from here.
    func withLock<R, E: Error>(_ body: (inout State) throws(E) -> R) throws(E) -> R {
        unsafe pthread_mutex_lock(mutex)
        defer {
            unsafe pthread_mutex_unlock(mutex)
            unsafe pthread_cond_broadcast(changed)
        }
        return try body(&state)
    }

    /// Sleeps until `body` has an answer; it is asked at once and after each change.
    /// - Returns: nil if the deadline passed first.
    func wait<R, E: Error>(
        until deadline: MonotonicTime? = nil, for body: (inout State) throws(E) -> R?
    ) throws(E) -> R? {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        while true {
            if let answer = try body(&state) { return answer }
            guard let deadline else {
                unsafe pthread_cond_wait(changed, mutex)
                continue
            }
            guard MonotonicTime.now < deadline else { return nil }
            var time = timespec(
                tv_sec: Int(deadline.nanoseconds / 1_000_000_000),
                tv_nsec: Int(deadline.nanoseconds % 1_000_000_000))
            unsafe pthread_cond_timedwait(changed, mutex, &time)
        }
    }
}
