import Synchronization
import Testing

@testable import ControlPlane

@Suite("Call threads")
struct CallThreadsTests {
    @Test("so many run at once, and the others have their turn")
    func bounded() async {
        let threads = CallThreads(max: 3)
        let load = Load()
        let results = await withTaskGroup(of: Int?.self) { group -> [Int] in
            for number in 0..<50 {
                group.addTask { await threads.run { load.carry(number) } }
            }
            var results: [Int] = []
            for await result in group { if let result { results.append(result) } }
            return results
        }
        #expect(results.sorted() == Array(0..<50))
        #expect(load.most <= 3)
        #expect(load.running == 0)
    }

    @Test("a task that is cancelled while it waits is told at once, and its work is never begun")
    func cancelledInLine() async {
        let threads = CallThreads(max: 1)
        let gate = Gate()
        let first = Task { await threads.run { gate.pass() } }
        while !gate.isReached { await Task.yield() }
        let late = Load()
        let second = Task { await threads.run { late.carry(1) } }
        second.cancel()
        #expect(await second.value == nil)
        gate.open()
        #expect(await first.value != nil)
        // The one thread has been past the cancelled work by the time that this one is done.
        #expect(await threads.run { 1 } == 1)
        #expect(late.most == 0)
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

    /// Knows how many carry it at once.
    private final class Load: Sendable {
        private let state = Mutex((running: 0, most: 0))

        var running: Int { state.withLock { $0.running } }
        var most: Int { state.withLock { $0.most } }

        func carry(_ number: Int) -> Int {
            state.withLock {
                $0.running += 1
                $0.most = max($0.most, $0.running)
            }
            defer { state.withLock { $0.running -= 1 } }
            return number
        }
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
