import HTTPTestServer
import JSON
import Registry
import Store
import Testing

@testable import ControlPlane

@Suite("Rollouts after a jump of the machine's clock")
struct RolloutClockTests {
    static let hour: Int64 = 3_600_000
    static let bothWays = [hour, -hour]

    @Test("times are told apart by their clock, there and back", arguments: bothWays)
    func times(by jump: Int64) {
        let time = RolloutTime(steady: gateTime, wall: gateTime.advanced(byMilliseconds: jump))
        #expect(time.steady(of: time.wall) == time.steady)
        #expect(time.wall(of: time.steady) == time.wall)
        let ago = time.wall.advanced(byMilliseconds: -5000)
        #expect(time.steady(of: ago) == gateTime.advanced(byMilliseconds: -5000))
    }

    @Test("a change calendar is the wall clock's", arguments: bothWays)
    func calendar(by jump: Int64) async throws {
        let fleet = try await RollingFleet()
        let wall = fleet.time.clock.now().advanced(byMilliseconds: jump)
        let (start, end) = (wall.advanced(byMilliseconds: -60_000), wall.advanced(byMilliseconds: 60_000))
        try await fleet.write {
            _ = try $0.putPolicies([
                "changeCalendar": [
                    ["name": "sale", "start": .string(start.description), "end": .string(end.description)]
                ]
            ])
        }
        let id = try await fleet.create()
        try await fleet.advance()
        #expect(try fleet.state(id) == .running)
        fleet.time.jump(byMilliseconds: jump)
        #expect(try await fleet.claim(id) == nil)
        let shown = try #require(try fleet.plane.rollout(id))
        #expect(shown["blockers"]?.array?.contains { $0["id"]?.string == "changeCalendar" } == true)
        fleet.time.jump(byMilliseconds: -jump)
        #expect(try await fleet.claim(id) != nil)
    }

    @Test("a worker is told its lease's end by the wall clock, and reports by it count", arguments: bothWays)
    func lease(by jump: Int64) async throws {
        let fleet = try await RollingFleet()
        let id = try await fleet.create()
        try await fleet.advance()
        fleet.time.jump(byMilliseconds: jump)
        let (request, now) = (ClaimRequest(worker: "w"), fleet.plane.rolloutTime)
        let outcome = try await fleet.write { try $0.claim(request, of: id, at: now) }
        let ends = try #require(outcome.shown["leaseExpiresAt"]?.string.flatMap { Timestamp($0) })
        let lease = try fleet.run(id).rollout.strategy.claimLease
        #expect(ends == fleet.time.clock.now().advanced(byMilliseconds: lease.milliseconds))
        let work = try #require(RollingFleet.Work(outcome))
        let report = work.report(true, at: now.steady(of: fleet.time.clock.now()))
        try await fleet.write { try $0.report(report, of: work.cell, in: id, at: now) }
        let service = try fleet.store.read { try $0.services(of: work.cell).first }
        #expect(service?.observedAt == fleet.time.clock.now())
    }

    @Test(
        "a restart with the clock put back goes on by the time that was: another takes the cell over, and is heard"
    )
    func restart() async throws {
        let fleet = try await RollingFleet()
        let id = try await fleet.create()
        try await fleet.advance()
        _ = try #require(try await fleet.claim(id, cell: 1, by: "first"))
        let then = fleet.plane.rolloutTime.steady
        fleet.time.jump(byMilliseconds: -Self.hour)
        try fleet.restart(from: fleet.files.image())
        #expect(fleet.plane.rolloutTime.steady >= then)
        #expect(try await fleet.claim(id, cell: 1) == nil)
        fleet.time.advance(.seconds(340))
        let work = try #require(try await fleet.claim(id, cell: 1, by: "second"))
        let now = fleet.plane.rolloutTime
        let report = work.report(true, at: now.steady(of: fleet.time.clock.now()))
        try await fleet.write { try $0.report(report, of: work.cell, in: id, at: now) }
        #expect(try fleet.cell(1, of: id).state == .baking)
    }

    @Test("a report of health that came after the change counts, and once", arguments: bothWays)
    func health(by jump: Int64) async throws {
        let fleet = try await RollingFleet()
        let gate: JSONValue = ["name": "health", "type": "health", "interval": "10s", "successThreshold": 9]
        let id = try await fleet.create(["gates": [gate], "bakeTime": "5m"])
        try await fleet.advance()
        let work = try #require(try await fleet.claim(id))
        try await fleet.report(work, id)
        fleet.time.jump(byMilliseconds: jump)
        fleet.time.advance(.seconds(20))
        let at = fleet.time.clock.now().description
        try await fleet.plane.patch(
            cell: "cell-1", ["health": ["status": "healthy", "observedAt": .string(at)]])
        // All this time the steady clock makes up for the jump, and what it makes of the report's time moves.
        let measure = MeasureGates(number: 1, controlPlane: fleet.plane)
        for _ in 1...60 {
            fleet.time.advance(.seconds(1))
            _ = try await measure.step()
        }
        let tally = try #require(try fleet.cell(1, of: id).tallies.first)
        #expect((tally.good, tally.newest) == (1, .good))
        #expect(tally.reportedAt?.description == at)
        let change = try #require(try fleet.cell(1, of: id).changedAt)
        let observed = try #require(tally.observedAt)
        #expect(observed >= change.advanced(byMilliseconds: 17_000))
        #expect(observed <= change.advanced(byMilliseconds: 23_000))
    }

    @Test("one from before the change does not, whatever the clock was set to", arguments: bothWays)
    func healthBefore(by jump: Int64) async throws {
        let fleet = try await RollingFleet()
        let gate: JSONValue = ["name": "health", "type": "health", "interval": "10s"]
        let id = try await fleet.create(["gates": [gate], "bakeTime": "5m"])
        try await fleet.advance()
        fleet.time.jump(byMilliseconds: jump)
        let at = fleet.time.clock.now().description
        try await fleet.plane.patch(
            cell: "cell-1", ["health": ["status": "healthy", "observedAt": .string(at)]])
        fleet.time.advance(.seconds(20))
        let work = try #require(try await fleet.claim(id))
        try await fleet.report(work, id)
        let measure = MeasureGates(number: 1, controlPlane: fleet.plane)
        for _ in 1...60 {
            fleet.time.advance(.seconds(1))
            _ = try await measure.step()
        }
        let tally = try #require(try fleet.cell(1, of: id).tallies.first)
        #expect((tally.good, tally.newest) == (0, .missing))
        #expect(tally.message.contains(at), "\(tally.message)")
    }

    @Test(
        "Prometheus is asked about the wall clock's now, as evidence of the steady one's", arguments: bothWays
    )
    func prometheus(by jump: Int64) async throws {
        let reply = answer("200 OK", #"{"status":"success","data":{"resultType":"scalar","result":[1,"0"]}}"#)
        try await TestServer.run({ _ in .close(reply) }) { server async throws in
            let settings = try GateSettings(prometheus: try PrometheusAddress(url: server.url))
            let gate: JSONValue = [
                "name": "errors", "type": "prometheus", "query": "errors{cell=\"{{cell}}\"}",
                "comparison": "<", "threshold": 1, "window": "2s",
            ]
            let time = RolloutTime(steady: gateTime, wall: gateTime.advanced(byMilliseconds: jump))
            let evidence = try #require(
                await GateMeter(settings).measure(try question(gate), on: try someCell(), at: time))
            #expect((evidence.outcome, evidence.observedAt) == (.good, time.steady))
            let body = String(decoding: try #require(server.received.first).body, as: UTF8.self)
            #expect(body.contains("&time=\(time.wall.rawValue / 1000).000&"), "\(body)")
        }
    }
}
