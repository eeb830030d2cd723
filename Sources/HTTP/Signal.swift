import Synchronization

/// Says that something has changed, to any number of loops; what has changed is read from where it lives.
///
/// A level, not a queue: fired twice before a loop looks, it wakes that loop's watches once.
public final class Signal: Sendable {
    private let listeners = Mutex<[@Sendable () -> Void]>([])

    public init() {}

    /// Any thread. Each listener must be quick and must not call back.
    public func fire() {
        for listener in listeners.withLock({ $0 }) { listener() }
    }

    /// `listener` is called at each `fire()` from now on, on the thread that fires, for the process's life.
    public func onFire(_ listener: @escaping @Sendable () -> Void) {
        listeners.withLock { $0.append(listener) }
    }
}
