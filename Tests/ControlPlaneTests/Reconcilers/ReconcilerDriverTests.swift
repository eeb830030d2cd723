import Registry
import Synchronization
import Testing

@testable import ControlPlane

@Suite("Reconciler driver")
struct ReconcilerDriverTests {
    private struct Loop: Reconciler {
        let name: String
        var period = Duration.milliseconds(1)
        let body: @Sendable () async throws -> String
        func step() async throws -> String { try await body() }
    }

    private struct Odd: Error {}

    private final class Failures: Sendable {
        let names = Mutex<[String]>([])
        func add(_ name: String) { names.withLock { $0.append(name) } }
    }

    @Test("each loop's last step is reported with its times, a failed one as such")
    func reports() async {
        let time = ManualClock()
        let failures = Failures()
        let loops = [
            Loop(name: "good") {
                time.advance(.seconds(1))
                return "did 3 things"
            },
            Loop(name: "refused") { throw RegistryError(.diskFull, "The disk is full.") },
            Loop(name: "odd") { throw Odd() }, Loop(name: "later") { "" },
        ]
        let driver = ReconcilerDriver(loops, clock: time.clock) { name, _ in failures.add(name) }
        let start = time.clock.now()
        for loop in loops.dropLast() { await driver.step(loop) }
        let reports = driver.reports
        #expect(reports.map(\.name) == ["good", "refused", "odd", "later"])
        #expect(
            reports.map(\.report) == [
                "did 3 things", "The disk is full.", "failed; the log names the cause", "has not run yet",
            ])
        #expect(reports.map(\.failed) == [false, true, true, false])
        #expect(reports[0].startedAt == start)
        #expect(reports[0].endedAt == start.advanced(byMilliseconds: 1000))
        #expect(reports[3].startedAt == nil)
        #expect(failures.names.withLock { $0 } == ["refused", "odd"])
    }

    @Test("every loop goes on in spite of failures, its own and others', until it is cancelled")
    func run() async throws {
        let counts = Mutex(["a": 0, "b": 0])
        let loops = ["a", "b"].map { name in
            Loop(name: name) {
                counts.withLock { $0[name, default: 0] += 1 }
                if name == "a" { throw Odd() }
                return ""
            }
        }
        let driver = ReconcilerDriver(loops, clock: ManualClock().clock) { _, _ in }
        await withTaskGroup { group in
            group.addTask { await driver.run() }
            for _ in 0..<10_000 where !counts.withLock({ $0.values.allSatisfy { $0 > 3 } }) {
                try? await Task.sleep(for: .milliseconds(1))
            }
            group.cancelAll()
        }
        #expect(counts.withLock { $0.values.allSatisfy { $0 > 3 } })
    }
}
