import JSON
import Registry
import Testing

@Suite("A backup's run")
struct BackupRunTests {
    private static let start = Timestamp(rawValue: 1_772_442_000_000)

    private static func after(_ seconds: Int64) -> Timestamp {
        start.advanced(byMilliseconds: seconds * 1000)
    }

    private static func backup() -> Backup {
        Backup(
            name: BackupName("before-release")!, scope: .namespaces(["titan-data"]),
            covers: BackupCover(namespaces: ["titan-data"]), runTimeout: .seconds(3600), createdAt: start)
    }

    /// Claimed by `script`, whose lease is a minute, ten seconds after it was made.
    private static func running() throws -> Backup {
        var backup = backup()
        try backup.becomeReady(at: start, steady: start)
        let claim = Claim(
            worker: "script", token: FencingToken(rawValue: 7), lease: .seconds(60), now: after(10))
        _ = try backup.begin(claim, covers: backup.covers, at: after(10), steady: after(10))
        return backup
    }

    private static func report(
        _ event: BackupEvent?, token: Int64 = 7, at seconds: Int64, size: Int64? = nil
    ) -> BackupReport {
        var said = BackupResult.Said()
        said.sizeBytes = size
        return BackupReport(
            token: FencingToken(rawValue: token), event: event, said: said, observedAt: after(seconds))
    }

    @Test("a claim begins it, reports carry it on, and it expires its time to live after it began")
    func completes() throws {
        var backup = try Self.running()
        #expect(backup.phase == .inProgress && backup.startedAt == Self.after(10))
        #expect(backup.expiresAt == Self.after(10 + 720 * 3600))
        #expect(
            try backup.take(Self.report(nil, at: 30, size: 5), at: Self.after(30), steady: Self.after(30)))
        #expect(backup.claim?.leaseEndsAt == Self.after(90) && backup.result.sizeBytes == 5)
        #expect(try backup.take(Self.report(.finalize, at: 40), at: Self.after(40), steady: Self.after(40)))
        #expect(
            try backup.take(
                Self.report(.complete, at: 50, size: 9), at: Self.after(50), steady: Self.after(50)))
        #expect(backup.phase == .completed && backup.completedAt == Self.after(50) && backup.isGood)
        #expect(
            backup.result.sizeBytes == 9 && backup.deadline == nil && !backup.isLeased(at: Self.after(51)))
        // The same again, for a worker that did not hear the answer, and nothing new by it.
        let said = Self.report(.complete, at: 60, size: 1)
        #expect(try backup.take(said, at: Self.after(60), steady: Self.after(60)))
        #expect(backup.result.sizeBytes == 9 && backup.completedAt == Self.after(50))
    }

    @Test(
        "a report that does not count is refused with the reason, and changes nothing",
        arguments: [
            (BackupEvent.complete, Int64(8), Int64(30), "foreignToken"), (.complete, 6, 30, "staleToken"),
            (.complete, 7, 120, "fromTheFuture"), (.complete, 7, 9, "beforeTheClaim"),
            (.gone, 7, 30, "notAsked"), (.queue, 7, 30, "notAsked"),
        ])
    func refused(event: BackupEvent, token: Int64, at seconds: Int64, reason: String) throws {
        var backup = try Self.running()
        let before = backup
        let error = #expect(throws: RegistryError.self) {
            try backup.take(
                Self.report(event, token: token, at: seconds), at: Self.after(30), steady: Self.after(30))
        }
        #expect(error?.blockers.map(\.id) == [reason] && backup == before)
    }

    @Test("one whose worker keeps silent is given up, and its late word does not count")
    func silent() throws {
        var backup = try Self.running()
        #expect(backup.givenUp(at: Self.after(69)) == nil)
        let given = try #require(backup.givenUp(at: Self.after(70)))
        #expect(given.failure == .workerSilent)
        try backup.fail(given.failure, given.message, at: Self.after(70), steady: Self.after(70))
        #expect(backup.phase == .failed && backup.failure?.isStuck == true)
        let error = #expect(throws: RegistryError.self) {
            try backup.take(Self.report(.complete, at: 80), at: Self.after(80), steady: Self.after(80))
        }
        #expect(error?.blockers.map(\.id) == ["notAsked"])
    }

    @Test(
        "one that takes too long is given up, whether it was begun or not; one that waits for its turn is not"
    )
    func timedOut() throws {
        var waiting = Self.backup()
        try waiting.becomeReady(at: Self.start, steady: Self.start)
        #expect(waiting.givenUp(at: Self.after(3599)) == nil)
        #expect(waiting.givenUp(at: Self.after(3600))?.failure == .timedOut)
        var queued = Self.backup()
        try queued.queue(at: Self.start)
        #expect(queued.givenUp(at: Self.after(1_000_000)) == nil)
        try queued.becomeReady(at: Self.after(100), steady: Self.after(100))
        #expect(queued.phase == .readyToStart && queued.givenUp(at: Self.after(3700))?.failure == .timedOut)

        var running = try Self.running()
        for second in stride(from: Int64(40), to: 3600, by: 50) {
            let time = Self.after(second)
            #expect(try running.take(Self.report(nil, at: second), at: time, steady: time))
        }
        #expect(running.givenUp(at: Self.after(3610))?.failure == .timedOut)
    }

    @Test(
        "a deletion is claimed with a token of its own, is tried again where it fails, and ends with nothing")
    func deletion() throws {
        var backup = try Self.running()
        _ = try backup.take(Self.report(.complete, at: 50), at: Self.after(50), steady: Self.after(50))
        try backup.take(.delete, at: Self.after(60))
        #expect(backup.phase == .deleting && backup.claim == nil)
        let claim = Claim(
            worker: "other", token: FencingToken(rawValue: 9), lease: .seconds(60), now: Self.after(70))
        let work = try backup.begin(claim, covers: nil, at: Self.after(70), steady: Self.after(70))
        #expect(work.action == .delete && backup.startedAt == Self.after(10))
        #expect(throws: RegistryError.self) {
            try backup.take(Self.report(.gone, at: 71), at: Self.after(71), steady: Self.after(71))
        }
        let failed = Self.report(.fail, token: 9, at: 71)
        #expect(try backup.take(failed, at: Self.after(71), steady: Self.after(71)))
        #expect(backup.phase == .deleting && !backup.isLeased(at: Self.after(72)) && backup.failure == nil)
        let gone = Self.report(.gone, token: 9, at: 73)
        #expect(try !backup.take(gone, at: Self.after(73), steady: Self.after(73)))
    }

    @Test("its newest verification says whether it is any good, and grows stale after 30 days")
    func verified() throws {
        var backup = try Self.running()
        _ = try backup.take(Self.report(.complete, at: 50), at: Self.after(50), steady: Self.after(50))
        #expect(!backup.isStale(at: Self.after(100 * 86_400)))
        backup.verification = BackupVerification(method: "restore", result: .passed, by: "a", at: Self.start)
        #expect(backup.isGood && !backup.isStale(at: Self.after(30 * 86_400)))
        #expect(backup.isStale(at: Self.after(30 * 86_400 + 1)))
        backup.verification?.result = .failed
        #expect(!backup.isGood)
    }

    @Test("a patch changes labels and the time it is kept, which counts from its start")
    func patched() throws {
        var backup = try Self.running()
        try backup.apply(BackupPatch(document: ["labels": ["a": "1", "b": "2"], "ttl": "48h"]))
        #expect(backup.labels == ["a": "1", "b": "2"] && backup.expiresAt == Self.after(10 + 48 * 3600))
        try backup.apply(BackupPatch(document: ["labels": ["a": .null]]))
        #expect(backup.labels == ["b": "2"])
        try backup.apply(BackupPatch(document: ["expiresAt": .string(Self.after(10 + 3600).description)]))
        #expect(backup.ttl == .seconds(3600))
        for wrong: JSONValue in [["phase": "Failed"], ["ttl": "1h", "expiresAt": "2026-01-01T00:00:00Z"]] {
            #expect(throws: RegistryError.self) { try BackupPatch(document: wrong) }
        }
    }

    @Test("one without a schedule stands in a row with those of the same scope")
    func lines() {
        #expect(Self.backup().line == "scope/{\"namespaces\":[\"titan-data\"]}")
        var scheduled = Self.backup()
        scheduled.schedule = BackupScheduleName("hourly")
        #expect(scheduled.line == "schedule/hourly")
    }
}
