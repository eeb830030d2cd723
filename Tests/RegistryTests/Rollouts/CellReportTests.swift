import JSON
import Testing

@testable import Registry

@Suite("Claims and reports")
struct CellReportTests {
    private static func refusal(_ body: () throws -> Void) -> String? {
        do {
            try body()
            return nil
        } catch { return (error as? RegistryError)?.blockers.first?.id }
    }

    private static func report(
        _ token: FencingToken, _ release: String? = "v1.1.0", healthy: Bool? = true, at time: Timestamp
    ) -> CellReport {
        CellReport(
            token: token, release: release.flatMap(ReleaseName.init), healthy: healthy, observedAt: time)
    }

    @Test("a claim hands out the release, its images and a token; a held cell is handed out once")
    func claim() throws {
        var world = try RolloutWorld()
        let work = try #require(try world.claim())
        #expect(work.cell == CellID("cell-1"))
        let document = work.document
        #expect(document["release"] == "v1.1.0" && document["action"] == "update")
        #expect(document["images"] == ["order-service": "titan/order-service:v1.1.0"])
        #expect(document["fencingToken"] == 1)
        #expect(document["leaseExpiresAt"]?.string == "2026-03-01T10:05:00.000Z")
        #expect(try world.claim() == nil)
        #expect(world.cell(1).before?.release == ReleaseName("v1.0.0"))
    }

    @Test("a cell that is named is handed out only when it is in line")
    func named() throws {
        var world = try RolloutWorld()
        #expect(try world.claim(3) == nil)
        #expect(try world.claim(1) != nil)
        #expect(throws: RegistryError.self) { try world.claim(99) }
    }

    @Test("a lease that ended lets another take over with a higher token; the first one's word is stale then")
    func takeover() throws {
        var world = try RolloutWorld()
        let first = try #require(try world.claim(by: "a", lease: .seconds(60)))
        world.wait(59)
        #expect(try world.claim(by: "b") == nil)
        world.wait(1)
        let second = try #require(try world.claim(by: "b"))
        #expect(second.claim.token > first.claim.token && second.attempt == first.attempt)
        #expect(Self.refusal { try world.report(first) } == "staleToken")
        try world.report(second)
        #expect(world.cell(1).state == .baking)
    }

    @Test("a lease that has ended, and that nobody took over, still has the word")
    func lateWord() throws {
        var world = try RolloutWorld()
        let work = try #require(try world.claim(lease: .seconds(60)))
        world.wait(90)
        try world.report(work)
        #expect(world.cell(1).state == .baking)
    }

    @Test("a heartbeat renews the lease and decides nothing")
    func heartbeat() throws {
        var world = try RolloutWorld()
        let work = try #require(try world.claim(lease: .seconds(60)))
        world.wait(50)
        #expect(try world.report(work, healthy: nil, message: "2 of 3 pods") == nil)
        world.wait(50)
        #expect(try world.claim(by: "b") == nil)
        #expect(world.cell(1).state == .updating && world.cell(1).message == "2 of 3 pods")
    }

    @Test("reports that are foreign, stale, of another release, of another time or not asked for are refused")
    func refused() throws {
        var world = try RolloutWorld()
        let cell = CellID("cell-1")!
        let other = CellID("cell-2")!
        let claimed = world.now
        let work = try #require(try world.claim())
        let token = work.claim.token
        func of(_ report: CellReport, _ cell: CellID) -> String? {
            Self.refusal { try world.run.report(report, of: cell, at: world.now) }
        }
        world.wait(5)
        let before = world.run.cells
        #expect(of(Self.report(token.next, at: world.now), cell) == "foreignToken")
        #expect(of(Self.report(token, at: world.now), other) == "foreignToken")
        #expect(of(Self.report(token, "v1.0.0", at: world.now), cell) == "anotherRelease")
        #expect(of(Self.report(token, nil, at: world.now), cell) == "anotherRelease")
        let early = claimed.advanced(byMilliseconds: -1)
        #expect(of(Self.report(token, at: early), cell) == "beforeTheChange")
        let future = world.now.advanced(byMilliseconds: 60_001)
        #expect(of(Self.report(token, at: future), cell) == "fromTheFuture")
        #expect(world.run.cells == before)
        #expect(of(Self.report(token, healthy: false, at: world.now), cell) == nil)
        #expect(of(Self.report(token, at: world.now), cell) == "notAsked")
        #expect(of(Self.report(token, healthy: nil, at: world.now), cell) == "notAsked")
    }

    @Test("a report in whole seconds is believed for the second of its claim")
    func wholeSeconds() throws {
        var world = try RolloutWorld()
        world.now = world.now.advanced(byMilliseconds: 900)
        let work = try #require(try world.claim())
        try world.run.report(
            Self.report(work.claim.token, at: RolloutWorld.start), of: work.cell, at: world.now)
        #expect(world.cell(1).state == .baking)
    }

    @Test("what a report and a claim say is read, and what is wrong is named")
    func documents() throws {
        func read(_ text: String) throws -> CellReport {
            try CellReport(document: JSONValue(parsing: Array(text.utf8)), now: RolloutWorld.start)
        }
        let full = try read(
            #"{"fencingToken":7,"release":"v1.1.0","healthy":true,"observedAt":"2026-03-01T10:00:00Z","message":"ok"}"#
        )
        #expect(
            full
                == CellReport(
                    token: FencingToken(rawValue: 7), release: ReleaseName("v1.1.0"), healthy: true,
                    observedAt: RolloutWorld.start, message: "ok"))
        #expect(try read(#"{"fencingToken":7,"release":null,"healthy":true}"#).release == nil)
        #expect(try !read(#"{"fencingToken":7,"reachable":false}"#).isReachable)
        for wrong in [
            "{}", #"{"fencingToken":0}"#, #"{"fencingToken":1,"healthy":true}"#,
            #"{"fencingToken":1,"release":"a b","healthy":true}"#,
            #"{"fencingToken":1,"release":"a","healthy":true,"reachable":false}"#,
            #"{"fencingToken":1,"x":1}"#,
        ] { #expect(throws: RegistryError.self, "\(wrong)") { try read(wrong) } }
        #expect(try ClaimRequest(document: ["worker": "w", "lease": "90s"]).lease == .seconds(90))
        for wrong: JSONValue in [[:], ["worker": ""], ["worker": "w", "lease": "0s"]] {
            #expect(throws: RegistryError.self) { try ClaimRequest(document: wrong) }
        }
    }

    @Test("on the way back the word must be of what ran before; where that has no name, of anything else")
    func wayBack() throws {
        for known in [true, false] {
            var world = try RolloutWorld(3)
            if !known { world.desired = [:] }
            let work = try #require(try world.claim())
            try world.report(work)
            try world.run.rollBack("", at: world.now)
            world.wait(600)
            let back = try #require(try world.claim())
            #expect(back.action == .rollback && back.cell == work.cell)
            #expect(back.document["release"] == (known ? "v1.0.0" : .null))
            let wrong = Self.report(back.claim.token, "v1.1.0", at: world.now)
            #expect(
                Self.refusal { try world.run.report(wrong, of: back.cell, at: world.now) } == "anotherRelease"
            )
            try world.run.report(
                Self.report(back.claim.token, known ? "v1.0.0" : "null", at: world.now), of: back.cell,
                at: world.now)
            try world.advance()
            #expect(world.state == .rolledBack)
        }
    }
}
