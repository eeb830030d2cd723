import Testing

@testable import ControlPlane

@Suite struct GuardedTests {
    private final class Box: Sendable {
        let count = Guarded(0)
    }

    @Test("changes by many threads are all counted")
    func manyThreads() async {
        let box = Box()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask { for _ in 0..<2_000 { box.count.withLock { $0 += 1 } } }
            }
        }
        #expect(box.count.withLock { $0 } == 16_000)
    }

    @Test("where it is locked, one who would not wait gets nothing")
    func available() {
        let box = Box()
        #expect(box.count.withLockIfAvailable { $0 } == 0)
        box.count.withLock { _ in
            #expect(box.count.withLockIfAvailable { $0 } == nil)
        }
        #expect(box.count.withLockIfAvailable { $0 } == 0)
    }

    @Test("an error of the body comes out, and the lock is free again")
    func errors() {
        struct Failure: Error {}
        let box = Box()
        #expect(throws: Failure.self) {
            try box.count.withLock { (count) throws(Failure) in
                count = 5
                throw Failure()
            }
        }
        #expect(box.count.withLockIfAvailable { $0 } == 5)
    }
}
