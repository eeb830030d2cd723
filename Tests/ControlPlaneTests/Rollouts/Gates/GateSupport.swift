import JSON
import Registry
import Testing

@testable import ControlPlane

/// 2026-01-31T12:03:10Z.
let gateTime = Timestamp(rawValue: 1_769_860_990_000)

/// While no clock has jumped.
func both(_ time: Timestamp) -> RolloutTime { RolloutTime(steady: time, wall: time) }

func someRollout(gates: [JSONValue]) throws -> Rollout {
    let request = try RolloutRequest(
        document: ["release": "v2", "strategy": ["gates": .array(gates)]])
    return Rollout(
        id: try #require(RolloutID("rollout-k3v7q2mzt5xa")),
        release: try Release(
            document: ["images": ["order-service": "titan/order-service:v2"]],
            name: try #require(ReleaseName("v2"))),
        request: request, waves: ["all"], actor: "ci", reason: "", createdAt: gateTime)
}

/// A cell that bakes since `changedAt`.
func bakingCell(_ name: String = "cell-1", changedAt: Timestamp = gateTime) throws -> RolloutCell {
    var cell = RolloutCell(cell: try #require(CellID(name)), zone: "us-east-1a", wave: 1, place: 0)
    cell.life = RolloutCellLife(.baking)
    cell.attempt = 1
    cell.changedAt = changedAt
    return cell
}

func question(_ document: JSONValue, on name: String = "cell-1") throws -> GateQuestion {
    let rollout = try someRollout(gates: [document])
    return try #require(GateQuestion(rollout.strategy.gates[0], of: rollout, on: try bakingCell(name)))
}

/// A cell as the registry has it, with one endpoint.
func someCell(_ name: String = "cell-1", at endpoint: String? = nil, health: CellHealth = CellHealth()) throws
    -> Cell
{
    Cell(
        id: try #require(CellID(name)), zone: "us-east-1a",
        endpoints: endpoint.map { ["order-service": $0] } ?? [:], health: health)
}
