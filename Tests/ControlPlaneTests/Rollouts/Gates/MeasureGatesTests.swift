import HTTPTestServer
import JSON
import Registry
import Store
import Testing

@testable import ControlPlane

@Suite("Gates of rollouts under way")
struct MeasureGatesTests {
    /// A rollout of v2 to one cell, whose endpoint is the server's, brought there by a worker.
    private func bake(_ gates: [JSONValue], at endpoint: String, in plane: ControlPlane) async throws
        -> RolloutID
    {
        try await plane.put(
            cell: "cell-1",
            [
                "zone": "us-east-1a", "state": "active", "capacity": 10,
                "endpoints": ["order-service": .string(endpoint)],
            ])
        try await plane.change {
            try $0.putRelease(
                ReleaseName("v2")!, ["images": ["order-service": "titan/order-service:v2"]])
        }
        let request = try RolloutRequest(
            document: [
                "release": "v2", "strategy": ["bakeTime": "30s", "gates": .array(gates)],
            ])
        let now = plane.rolloutTime
        let made = try await plane.change { try $0.createRollout(request, at: now) }
        let id = try #require(try JSONValue(parsing: made.body)["id"]?.string.flatMap(RolloutID.init))
        let claim = try ClaimRequest(document: ["worker": "w"])
        let work = try await plane.change { try $0.claim(claim, of: id, at: plane.rolloutTime) }
        let token = try #require(try JSONValue(parsing: work.body)["fencingToken"]?.integer)
        let report = try CellReport(
            document: ["fencingToken": .integer(token), "release": "v2", "healthy": true],
            now: plane.rolloutTime.steady)
        try await plane.change {
            try $0.report(report, of: CellID("cell-1")!, in: id, at: plane.rolloutTime)
        }
        return id
    }

    private func cell(of id: RolloutID, in plane: ControlPlane) throws -> RolloutCell {
        try #require(try plane.store.read { try $0.run(id)?.cells.first })
    }

    private let probe: JSONValue = [
        "name": "alive", "type": "probe", "service": "order-service", "interval": "10s",
        "failureThreshold": 2,
    ]

    @Test("a cell whose gate is good bakes to its end, asked once an interval")
    func good() async throws {
        try await TestServer.run({ _ in .close(answer("200 OK", "")) }) { server async throws in
            try await TemporaryControlPlane.with { temporary async throws in
                let gates = try GateSettings(probeAllow: ["127.0.0.0/8"])
                try await temporary.withPlane(gates: gates) { plane in
                    let id = try await bake([probe], at: "127.0.0.1:\(server.port)", in: plane)
                    let measure = MeasureGates(number: 1, controlPlane: plane)
                    for _ in 1...45 {
                        temporary.time.advance(.seconds(1))
                        _ = try await measure.step()
                    }
                    _ = try await AdvanceRollouts(controlPlane: plane).step()
                    #expect(try cell(of: id, in: plane).state == .succeeded)
                    #expect((3...4).contains(server.received.count))
                    #expect(try await measure.step() == "no gate is to be measured")
                }
            }
        }
    }

    @Test("a cell whose gate is bad twice fails, and the evidence names it")
    func bad() async throws {
        try await TestServer.run({ _ in .close(answer("500 Odd", "")) }) { server async throws in
            try await TemporaryControlPlane.with { temporary async throws in
                let gates = try GateSettings(probeAllow: ["127.0.0.0/8"])
                try await temporary.withPlane(gates: gates) { plane in
                    let id = try await bake([probe], at: "127.0.0.1:\(server.port)", in: plane)
                    let measure = MeasureGates(number: 1, controlPlane: plane)
                    for _ in 1...25 {
                        temporary.time.advance(.seconds(1))
                        _ = try await measure.step()
                    }
                    #expect(server.received.count == 2)
                    let failed = try cell(of: id, in: plane)
                    #expect(failed.state == .failed || failed.state == .rollbackPending)
                    #expect(failed.tallies.first?.bad == 2)
                    #expect(failed.tallies.first?.message.contains("answered 500") == true)
                    let rollout = try plane.store.read { try $0.rollout(id) }
                    #expect(rollout?.life.state == .rollingBack)
                }
            }
        }
    }

    @Test("a report of health counts once, and the next one again")
    func health() async throws {
        try await TemporaryControlPlane.with { temporary async throws in
            try await temporary.withPlane { plane in
                let gate: JSONValue = [
                    "name": "health", "type": "health", "interval": "10s", "successThreshold": 9,
                ]
                let id = try await bake([gate], at: "127.0.0.1:1", in: plane)
                let measure = MeasureGates(number: 1, controlPlane: plane)
                func report() async throws {
                    let at = plane.clock.now().description
                    try await plane.patch(
                        cell: "cell-1", ["health": ["status": "healthy", "observedAt": .string(at)]])
                }
                temporary.time.advance(.seconds(1))
                try await report()
                for _ in 1...25 {
                    temporary.time.advance(.seconds(1))
                    _ = try await measure.step()
                }
                #expect(try cell(of: id, in: plane).tallies.first?.good == 1)
                try await report()
                temporary.time.advance(.seconds(10))
                _ = try await measure.step()
                #expect(try cell(of: id, in: plane).tallies.first?.good == 2)
            }
        }
    }
}
