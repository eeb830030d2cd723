import HTTPTestServer
import JSON
import Registry
import Testing

@testable import ControlPlane

@Suite("Gate meter")
struct GateMeterTests {
    private let probe: JSONValue = [
        "name": "alive", "type": "probe", "service": "order-service", "path": "/health/ready?deep=1",
        "timeout": "300ms",
    ]
    private let health: JSONValue = ["name": "health", "type": "health"]

    private func meter(allow: String = "127.0.0.0/8") throws -> GateMeter {
        GateMeter(try GateSettings(probeAllow: [allow]))
    }

    // MARK: Health

    @Test(
        "health counts as it was reported, for the time when it was observed",
        arguments: [
            (CellHealth.Status.healthy, GateEvidence.Outcome.good), (.degraded, .bad), (.unhealthy, .bad),
        ])
    func reported(_ status: CellHealth.Status, _ outcome: GateEvidence.Outcome) async throws {
        let at = gateTime.advanced(byMilliseconds: 5000)
        let cell = try someCell(health: CellHealth(status: status, message: "queue is full", observedAt: at))
        let evidence = try await meter().measure(
            question(health), on: cell, at: both(gateTime.advanced(byMilliseconds: 9000)))
        #expect(evidence?.outcome == outcome)
        #expect(evidence?.observedAt == at)
        #expect(evidence?.message == "reported \(status.rawValue): queue is full")
        #expect(evidence?.attempt == 1)
        #expect(evidence?.release.rawValue == "v2")
    }

    @Test("health that is unknown, of no time or from before the change says nothing")
    func silent() async throws {
        let now = gateTime.advanced(byMilliseconds: 9000)
        let before = gateTime.advanced(byMilliseconds: -1)
        for (health, words) in [
            (CellHealth(), "Nobody"), (CellHealth(status: .healthy), "not when"),
            (CellHealth(status: .healthy, observedAt: before), "before it was changed"),
        ] {
            let evidence = try await meter().measure(
                question(self.health), on: try someCell(health: health), at: both(now))
            #expect(evidence?.outcome == .missing)
            #expect(evidence?.observedAt == now)
            #expect(evidence?.message.contains(words) == true)
        }
        let gone = try await meter().measure(question(self.health), on: nil, at: both(now))
        #expect(gone?.outcome == .missing)
    }

    // MARK: Probes

    private func measure(_ reply: TestServer.Reply) async throws -> GateEvidence {
        var evidence: GateEvidence?
        try await TestServer.run({ _ in reply }) { server async throws in
            evidence = try await meter().measure(
                question(probe), on: try someCell(at: "127.0.0.1:\(server.port)"), at: both(gateTime))
            #expect(server.received.first?.line == "GET /health/ready?deep=1 HTTP/1.1")
        }
        return try #require(evidence)
    }

    @Test("a 2xx is good, and every other status bad", arguments: [200, 204, 301, 404, 500, 503])
    func status(_ status: Int) async throws {
        let evidence = try await measure(
            .close(answer("\(status) Word", fields: "Location: http://127.0.0.1:1/\r\n", "")))
        #expect(evidence.outcome == (status < 300 ? .good : .bad))
        #expect(evidence.value == Double(status))
        #expect(evidence.message.hasSuffix("answered \(status)"))
        #expect(evidence.observedAt == gateTime)
    }

    @Test("an endpoint that does not answer is bad, and the message says how")
    func unanswered() async throws {
        let slow = try await measure(.hang)
        #expect(slow.outcome == .bad)
        #expect(slow.message.contains("took too long"), "\(slow.message)")
        let cut = try await measure(.close([]))
        #expect(cut.outcome == .bad)
        #expect(cut.message.contains("ended the connection"), "\(cut.message)")
        let large = try await measure(
            .close(answer("200 OK", [UInt8](repeating: 32, count: Limits.probeAnswerBytesMax + 1))))
        #expect(large.outcome == .bad)

        var port: UInt16 = 0
        try await TestServer.run({ _ in .close([]) }) { server async throws in port = server.port }
        let gone = try #require(
            try await meter().measure(
                question(probe), on: try someCell(at: "127.0.0.1:\(port)"), at: both(gateTime)))
        #expect(gone.outcome == .bad)
        #expect(gone.message.contains("Nothing answers"), "\(gone.message)")
    }

    @Test("a cell without the endpoint, or where probes may not go, says nothing")
    func unasked() async throws {
        let none = try #require(
            try await meter().measure(question(probe), on: try someCell(), at: both(gateTime)))
        #expect(none.outcome == .missing)
        #expect(none.message == "The cell has no endpoint of order-service.")
        try await TestServer.run({ _ in .close(answer("200 OK", "")) }) { server async throws in
            for endpoint in ["127.0.0.1:\(server.port)", "localhost:\(server.port)", "169.254.169.254:80"] {
                let refused = try #require(
                    await GateMeter(.standard).measure(
                        try question(probe), on: try someCell(at: endpoint), at: both(gateTime)))
                #expect(refused.outcome == .missing)
                #expect(refused.message.contains("--probe-allow"), "\(refused.message)")
            }
            #expect(server.connectionsCount == 0)
        }
    }

    @Test("a measurement that is cancelled is none")
    func cancelled() async throws {
        try await TestServer.run({ _ in .hang }) { server async throws in
            let question = try question([
                "name": "alive", "type": "probe", "service": "order-service", "timeout": "30s",
            ])
            let (meter, cell) = (try meter(), try someCell(at: "127.0.0.1:\(server.port)"))
            let measuring = Task { await meter.measure(question, on: cell, at: both(gateTime)) }
            while server.received.isEmpty { await Task.yield() }
            measuring.cancel()
            #expect(await measuring.value == nil)
        }
    }

    // MARK: Settings

    @Test("a gate of Prometheus is refused where nobody has said where that is")
    func unconfigured() throws {
        let query: JSONValue = [
            "name": "errors", "type": "prometheus", "query": "errors{cell=\"{{cell}}\"}", "comparison": "<",
            "threshold": 1,
        ]
        let gates = try someRollout(gates: [health, query]).strategy.gates
        let error = #expect(throws: RegistryError.self) { try GateSettings.standard.check(gates) }
        #expect(error?.code == .stateConflict)
        #expect(error?.errors.map(\.field) == ["strategy.gates[1].type"])
        #expect(error?.nextSteps.first?.contains("--prometheus-url") == true)
        try GateSettings.standard.check(try someRollout(gates: [health, probe]).strategy.gates)
        try GateSettings(prometheus: try PrometheusAddress(url: "http://prometheus:9090")).check(gates)
    }

    @Test(
        "what is no address of Prometheus is refused",
        arguments: [
            "", "prometheus:9090", "file:///etc/passwd", "http://a/?x=1", "http://a/#x", "http://u:p@a",
        ])
    func addresses(_ url: String) {
        #expect(throws: RegistryError.self) { try PrometheusAddress(url: url) }
    }

    @Test("an entry that allows nothing is refused by name", arguments: ["http://cell/", "10.0.0.1/8", "*"])
    func entries(_ text: String) {
        let error = #expect(throws: RegistryError.self) { try GateSettings(probeAllow: ["cell-1", text]) }
        #expect(error?.detail.contains("'\(text)'") == true)
    }
}
