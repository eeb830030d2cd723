import Synchronization

/// A value that is made when it is first asked for, by one thread, while the others that ask wait for it.
struct BuiltOnce<Value: Sendable>: ~Copyable, Sendable {
    private let state = Mutex<Value?>(nil)

    /// What is there already. Never waits: nil too while another thread is at it.
    var ready: Value? {
        state.withLockIfAvailable { $0 } ?? nil
    }

    /// May wait, for as long as `make` takes on another thread. `make` must not come back to this value; where it
    /// throws, the next to ask tries again.
    func value<Failure: Error>(_ make: () throws(Failure) -> Value) throws(Failure) -> Value {
        try state.withLock { (state) throws(Failure) -> Value in
            if let value = state { return value }
            let value = try make()
            state = value
            return value
        }
    }
}
