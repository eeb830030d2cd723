import Glibc

/// Wakes one thread from another. Rung before anybody waits, it is heard by the next wait.
///
/// `nonisolated(unsafe)`: what the pointers lead to is allocated once and freed in `deinit`; `isRung` is touched only
/// under the lock.
final class Alarm: Sendable {
    nonisolated(unsafe) private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    nonisolated(unsafe) private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    nonisolated(unsafe) private var isRung = false

    init() {
        pthread_mutex_init(lock, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(lock)
        condition.deallocate()
        lock.deallocate()
    }

    func ring() {
        pthread_mutex_lock(lock)
        isRung = true
        pthread_cond_signal(condition)
        pthread_mutex_unlock(lock)
    }

    /// - Returns: true if it was rung, false when the time is over.
    @discardableResult
    func wait(nanoseconds: UInt64) -> Bool {
        let deadline = Nanoseconds.monotonic() + nanoseconds
        var time = timespec(tv_sec: Int(deadline / 1_000_000_000), tv_nsec: Int(deadline % 1_000_000_000))
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        while !isRung, pthread_cond_timedwait(condition, lock, &time) == 0 {}
        defer { isRung = false }
        return isRung
    }
}
