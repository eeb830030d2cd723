import JSON
import Testing

@testable import Registry

@Suite("What a rollout's request says")
struct RolloutRequestTests {
    private static func read(_ text: String) throws -> RolloutRequest {
        try RolloutRequest(document: JSONValue(parsing: Array(text.utf8)))
    }

    private static func errors(_ text: String) throws -> [String] {
        do {
            _ = try read(text)
            return []
        } catch let error as RegistryError {
            return error.errors.map(\.field).sorted()
        }
    }

    @Test("everything but the release has a default")
    func defaults() throws {
        let request = try Self.read(#"{"release":"v1.1.0"}"#)
        #expect(request == RolloutRequest(release: ReleaseName("v1.1.0")!))
        #expect(request.strategy.waves.map(\.document) == [1, "10%", "50%", "100%"])
        #expect(request.strategy.progressDeadline == .seconds(600))
        #expect(request.onFailure == .rollback)
        #expect(try Self.errors("{}") == ["release"])
    }

    @Test("with a canary of its own the standard waves begin at a tenth")
    func canary() throws {
        let request = try Self.read(#"{"release":"v1","strategy":{"canary":["cell-1"]}}"#)
        #expect(request.strategy.waves.map(\.document) == ["10%", "50%", "100%"])
    }

    private static let full = #"""
        {"release":"v1.1.0","selector":{"labels":{"ring":"main"},"zones":["a","b"],"cells":["cell-1","cell-2"]},
         "strategy":{"canary":["cell-1"],"waves":[2,"10%",{"zone":"a"},"100%"],"zoneAtATime":true,"maxParallel":7,
          "maxUnavailablePerZone":"25%","bakeTime":"5m","failureBudget":"2.5%","progressDeadline":"10m",
          "unreachable":"wait","approval":{"waves":[3,2,3],"timeout":"2h","onTimeout":"abort"},
          "gates":[{"name":"up","type":"probe","service":"order-service","path":"/health"},
           {"name":"reported","type":"health","interval":"1m"},
           {"name":"errors","type":"prometheus","query":"rate(errors{cell=\"{{cell}}\"}[{{window}}])",
            "comparison":"<","threshold":0.01,"window":"2m","failureThreshold":2,"onMissing":"fail"}]},
         "onFailure":"pause","executor":"kubernetes",
         "override":{"rules":["changeCalendar"],"reason":"hotfix"},"reason":"because"}
        """#

    @Test("every field is read, and what is kept reads back as the same request")
    func roundTrip() throws {
        let request = try Self.read(Self.full)
        #expect(request.strategy.waves.map(\.document) == [2, "10%", ["zone": "a"], "100%"])
        #expect(request.strategy.approval?.waves == [2, 3])
        #expect(request.strategy.gates.map(\.name) == ["up", "reported", "errors"])
        #expect(request.strategy.gates[2].window == .seconds(120))
        let rollout = Rollout(
            id: .random(), release: RolloutWorld.release, request: request, waves: ["w"], actor: "a",
            reason: "", createdAt: RolloutWorld.start)
        #expect(try RolloutRequest(document: .object(rollout.spec)) == request)
    }

    @Test(
        "what is wrong is named by its field",
        arguments: [
            (#""release":"a b""#, ["release"]),
            (
                #""release":"v1","executer":"x","executor":"ssh","onFailure":"undo""#,
                ["executer", "executor", "onFailure"]
            ),
            (
                #""release":"v1","strategy":{"maxParallel":0,"bakeTime":"x","unreachable":"ignore"}"#,
                ["strategy.bakeTime", "strategy.maxParallel", "strategy.unreachable"]
            ),
            (#""release":"v1","strategy":{"waves":[]}"#, ["strategy.waves"]),
            (
                #""release":"v1","strategy":{"waves":[0,"0%","101%",{"zone":"a b"},{"zone":"a","x":1},true]}"#,
                (0..<6).map { "strategy.waves[\($0)]" }
            ),
            (
                #""release":"v1","strategy":{"waves":["50%","10%",5,5]}"#,
                ["strategy.waves[1]", "strategy.waves[3]"]
            ),
            (
                #""release":"v1","strategy":{"failureBudget":-1,"maxUnavailablePerZone":0,"progressDeadline":"0s"}"#,
                ["strategy.failureBudget", "strategy.maxUnavailablePerZone", "strategy.progressDeadline"]
            ),
            (
                #""release":"v1","strategy":{"canary":["cell-1","cell-1","Cell"]}"#,
                ["strategy.canary[1]", "strategy.canary[2]"]
            ),
            (
                #""release":"v1","selector":{"cells":["cell-2"]},"strategy":{"canary":["cell-1"]}"#,
                ["strategy.canary[0]"]
            ),
            (#""release":"v1","selector":{"zones":[],"cells":[]}"#, ["selector.cells", "selector.zones"]),
            (
                #""release":"v1","strategy":{"approval":{"waves":[0],"timeout":"0s","onTimeout":"wait"}}"#,
                [
                    "strategy.approval.onTimeout", "strategy.approval.timeout",
                    "strategy.approval.waves[0]",
                ]
            ),
            (
                #""release":"v1","strategy":{"gates":[{"type":"probe","query":"x"},{"name":"g","type":"health","path":"/"}]}"#,
                [
                    "strategy.gates[0].name", "strategy.gates[0].query", "strategy.gates[1].path",
                ]
            ),
            (
                #""release":"v1","strategy":{"gates":[{"name":"g","type":"prometheus"}]}"#,
                [
                    "strategy.gates[0].comparison", "strategy.gates[0].query",
                    "strategy.gates[0].threshold",
                ]
            ),
            (
                #""release":"v1","strategy":{"gates":[{"name":"g","type":"prometheus","query":"up{{pod}}{{cell}}","comparison":"=","threshold":"1"}]}"#,
                [
                    "strategy.gates[0].comparison", "strategy.gates[0].query",
                    "strategy.gates[0].threshold",
                ]
            ),
            (
                #""release":"v1","strategy":{"gates":[{"name":"g","type":"prometheus","query":"up","comparison":">","threshold":1}]}"#,
                ["strategy.gates[0].query"]
            ),
            (
                #""release":"v1","strategy":{"gates":[{"name":"g","type":"health"},{"name":"g","type":"probe","service":"o","path":"x"}]}"#,
                ["strategy.gates[1].name", "strategy.gates[1].path"]
            ),
        ])
    func refused(_ body: String, _ fields: [String]) throws {
        #expect(try Self.errors("{\(body)}") == fields)
    }

    @Test("shares are rounded down where more would be less safe, and up where none would be no step")
    func rounding() {
        let share = CountOrPercent.percent(Percentage("2.5%")!)
        #expect(share.roundedDown(of: 500) == 12 && share.roundedUp(of: 500) == 13)
        #expect(share.roundedDown(of: 10) == 0 && share.roundedUp(of: 10) == 1)
        #expect(CountOrPercent.count(3).roundedDown(of: 2) == 3)
        let strategy = RolloutStrategy(maxUnavailablePerZone: share)
        #expect(strategy.unavailableMax(ofZoneWith: 10) == 1)
        #expect(strategy.unavailableMax(ofZoneWith: 100) == 2)
        #expect(RolloutStrategy.standard.unavailableMax(ofZoneWith: 10) == Int.max)
    }

    @Test("a claim that names no lease has half the progress deadline, within bounds")
    func leases() {
        let lease = { RolloutStrategy(progressDeadline: $0).claimLease }
        #expect(lease(.seconds(10)) == .seconds(30))
        #expect(lease(.seconds(300)) == .seconds(150))
        #expect(lease(.seconds(7200)) == .seconds(300))
    }
}
