import Synchronization

/// Says that something has changed, to any number of loops; what has changed is read from where it lives.
///
/// A level, not a queue: fired twice before a loop looks, it wakes that loop's watches once.
public final class Signal: Sendable {
    /// What `onFire` returns, for `remove`.
    public struct Listening: Hashable, Sendable {
        fileprivate let number: Int
    }

    private struct Listeners {
        var nextNumber = 0
        var all: [(listening: Listening, call: @Sendable () -> Void)] = []
    }

    private let listeners = Mutex(Listeners())

    public init() {}

    /// Any thread. Each listener must be quick and must not call back.
    public func fire() {
        for listener in listeners.withLock({ $0.all }) { listener.call() }
    }

    /// `listener` is called at each `fire()` from now on, on the thread that fires, until it is removed.
    @discardableResult
    public func onFire(_ listener: @escaping @Sendable () -> Void) -> Listening {
        listeners.withLock { listeners in
            let listening = Listening(number: listeners.nextNumber)
            listeners.nextNumber += 1
            listeners.all.append((listening, listener))
            return listening
        }
    }

    /// Ends a listening; a `fire()` that is under way may still call it once.
    public func remove(_ listening: Listening) {
        listeners.withLock { $0.all.removeAll { $0.listening == listening } }
    }
}
