import Synchronization
import Testing

@testable import ControlPlane

@Suite("Call threads")
struct CallThreadsTests {
    @Test("so many run at once, and the others have their turn")
    func bounded() async {
        let threads = CallThreads(max: 3)
        let state = Mutex((running: 0, most: 0))
        let results = await withTaskGroup(of: Int?.self) { group in
            for number in 0..<50 {
                group.addTask {
                    await threads.run {
                        state.withLock {
                            $0.running += 1
                            $0.most = max($0.most, $0.running)
                        }
                        defer { state.withLock { $0.running -= 1 } }
                        return number
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(results.compactMap { $0 }.sorted() == Array(0..<50))
        #expect(state.withLock { $0.most } <= 3)
        #expect(state.withLock { $0.running } == 0)
    }

    @Test("a task that is cancelled while it waits is told at once, and its work is never begun")
    func cancelledInLine() async {
        let threads = CallThreads(max: 1)
        let gate = Gate()
        let first = Task { await threads.run { gate.pass() } }
        while !gate.isReached { await Task.yield() }
        let wasRun = Mutex(false)
        let second = Task { await threads.run { wasRun.withLock { $0 = true } } }
        second.cancel()
        #expect(await second.value == nil)
        gate.open()
        #expect(await first.value != nil)
        // The one thread has been past the cancelled work by the time that this one is done.
        #expect(await threads.run { 1 } == 1)
        #expect(!wasRun.withLock { $0 })
    }

    @Test("a task that was cancelled before begins nothing")
    func cancelledBefore() async {
        let threads = CallThreads(max: 1)
        let gate = Gate()
        let task = Task {
            while !Task.isCancelled { await Task.yield() }
            return await threads.run { gate.open() }
        }
        task.cancel()
        #expect(await task.value == nil)
        #expect(await threads.run { 2 } == 2)
    }

    /// Holds a thread until it is opened.
    private final class Gate: Sendable {
        private let state = Mutex((isReached: false, isOpen: false))

        var isReached: Bool { state.withLock { $0.isReached } }
        func open() { state.withLock { $0.isOpen = true } }
        func pass() {
            state.withLock { $0.isReached = true }
            while !state.withLock({ $0.isOpen }) {}
        }
    }
}
