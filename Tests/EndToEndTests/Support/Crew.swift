import Foundation
import Synchronization

/// Threads that work beside the test until they are told to stop.
///
/// Real threads, and not tasks: what they do blocks.
final class Crew: Sendable {
    private let stopping = Atomic(false)
    private let group = DispatchGroup()

    /// Each member runs `body` once, which goes on while `isWorking`.
    init(_ count: Int, _ body: @escaping @Sendable (_ crew: Crew, _ member: Int) -> Void) {
        for member in 0..<count {
            group.enter()
            let thread = Thread { [self] in
                body(self, member)
                group.leave()
            }
            thread.stackSize = 1 << 20
            thread.start()
        }
    }

    var isWorking: Bool { !stopping.load(ordering: .relaxed) }

    /// Tells all to stop, without waiting for it.
    func dismiss() { stopping.store(true, ordering: .relaxed) }

    /// Waits until all have.
    func join() { group.wait() }
}

/// A value that many threads change.
final class Shared<Value: Sendable>: Sendable {
    private let state: Mutex<Value>
    init(_ value: Value) { state = Mutex(value) }
    var value: Value { state.withLock { $0 } }

    @discardableResult
    func change<Result: Sendable>(_ body: (inout Value) -> Result) -> Result { state.withLock { body(&$0) } }
}

/// Looks every few milliseconds until `condition` holds; false where it does not in time.
func eventually(within limit: Duration = .seconds(30), _ condition: () throws -> Bool) rethrows -> Bool {
    let deadline = ContinuousClock.now + limit
    while try !condition() {
        if .now >= deadline { return try condition() }
        usleep(5_000)
    }
    return true
}
