import JSON
import Registry
import TestRandom
import Testing

@testable import ControlPlane

/// Someone who does whatever comes to mind, much of which is refused.
struct RandomOperator: Sendable {
    private(set) var random: SeededRandom

    init(seed: UInt64) { random = SeededRandom(seed: seed) }

    /// One change; what the rules refuse is as good.
    mutating func act(on plane: ControlPlane) async throws {
        let refused = await refusal { try await change(plane) }
        // Refused by a rule, and not by what should never be reached.
        if let refused {
            try #require(![.internalError, .outcomeUnknown].contains(refused.code), "\(refused)")
        }
    }

    private mutating func change(_ plane: ControlPlane) async throws {
        let cell = "cell-\(Int.random(in: 1...5, using: &random))"
        let tenant = ["t-1", "t-2", "t-3", "t-4", "t-5", "t-6", "größe 😀", "e\u{301}"].randomElement(
            using: &random)!
        switch Int.random(in: 0..<16, using: &random) {
        case 0: try await plane.put(cell: cell, cellDocument())
        case 1:
            try await plane.patch(
                cell: cell, ["endpoints": ["order": .string("o-\(Int.random(in: 0...9, using: &random)):80")]]
            )
        case 2: try await plane.patch(cell: cell, ["endpoints": ["order": .null], "labels": ["x": "y"]])
        case 3:
            try await plane.move(
                cell: cell, CellEvent.allCases.filter { $0 != .delete }.randomElement(using: &random)!)
        case 4: try await plane.delete(cell: cell)
        case 5, 6, 7: try await plane.put(tenant: tenant, tenantDocument())
        case 8: try await plane.patch(tenant: tenant, ["hosts": hosts()])
        case 9:
            try await plane.patch(
                tenant: tenant, ["labels": ["x": .string("\(Int.random(in: 0...9, using: &random))")]])
        case 10: try await plane.move(tenant: tenant, random.isOne(in: 2) ? .suspend : .resume)
        case 11: try await plane.delete(tenant: tenant)
        case 12: try await plane.revert(.random(in: 1...max(1, plane.last), using: &random))
        case 13:
            let lines = (1...4).map { number in
                ImportLine(
                    number: number,
                    document: .success(tenantDocument().applyingMergePatch(["id": .string("t-\(number)")])))
            }
            _ = try await plane.importBatch(
                lines, of: .tenants, into: ImportReport(), as: How().request.context)
        case 14: try await plane.put(tenant: tenant, tenantDocument(), How(dryRun: true))
        default:
            let name = "token-\(Int.random(in: 0...2, using: &random))"
            let isNew = random.isOne(in: 2)
            try await plane.change(How()) {
                try isNew ? $0.createToken(TokenRequest(name: name, role: .viewer)) : $0.deleteToken(name)
            }
        }
    }

    private mutating func cellDocument() -> JSONValue {
        [
            "zone": .string(["a", "b"].randomElement(using: &random)!),
            "capacity": .integer(.random(in: 4...8, using: &random)),
            "endpoints": [
                "order": "o:80", "payment": .string("p-\(Int.random(in: 0...3, using: &random)):80"),
            ],
            "schedulable": .bool(!random.isOne(in: 4)),
        ]
    }

    private mutating func tenantDocument() -> JSONValue {
        [
            "hosts": hosts(), "load": .integer(.random(in: 0...3, using: &random)),
            "placement": ["dedicated": .bool(random.isOne(in: 6))],
        ]
    }

    private mutating func hosts() -> JSONValue {
        .array((1...6).filter { _ in random.isOne(in: 4) }.map { .string("h\($0).com") })
    }
}
