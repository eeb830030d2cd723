import JSON
import Registry
import Store
import Testing

@testable import ControlPlane

/// A step in the life of a tenant migration at which a crash may come.
enum CrashPoint: String, CaseIterable, Sendable {
    case planMigration, planDrain, planEvacuation, planRestoration
    case begin, prepared, copied, freeze, barrierHeld, cutOver, confirmed, windowEnded
    case freezeExpired, cutoverExpired
    case abortPlanned, abortPreparing, abortCopying, abortAnnounced, abortFreezing, abortCutover, undone
    case cancel, pause, reverse, endMigration, endDrain, endCancelled, endReversal, expireEvacuation

    /// Brings a fleet to where the step comes next, and says what it is.
    func prepare(_ fleet: MovingFleet) async throws -> @Sendable (Change) throws -> Bool {
        switch self {
        case .planMigration:
            return {
                _ = try $0.startMigration(
                    MigrationRequest(document: ["tenants": ["t-1", "t-2"], "to": "cell-2"]))
                return true
            }
        case .planDrain:
            return {
                _ = try $0.drain(CellID("cell-1")!, DrainRequest(document: [:], cell: CellID("cell-1")!))
                return true
            }
        case .planEvacuation:
            return {
                _ = try $0.evacuate(zone: "a", EvacuationRequest(document: ["until": "restored"]))
                return true
            }
        case .planRestoration:
            try await Self.evacuate(fleet, ["until": "restored"])
            return {
                _ = try $0.restore(zone: "a", RestorationRequest(document: ["stepPause": "0s"]))
                return true
            }
        case .expireEvacuation:
            try await Self.evacuate(fleet, ["expiresIn": "30s"])
            fleet.time.advance(.seconds(30))
            return { change in
                for evacuation in try change.transaction.evacuations() { try change.expire(evacuation) }
                return true
            }
        case .begin: return try await Self.step(.begin, in: .planned, fleet)
        case .prepared: return try await Self.step(.prepared, in: .preparing, fleet)
        case .copied: return try await Self.step(.copied, in: .copying, fleet)
        case .freeze: return try await Self.step(.freeze, in: .announced, fleet)
        case .barrierHeld: return try await Self.step(.barrierHeld, in: .freezing, fleet)
        case .cutOver: return try await Self.step(.cutOver, in: .cutover, fleet)
        case .confirmed: return try await Self.step(.confirmed, in: .confirming, fleet)
        case .windowEnded: return try await Self.step(.windowEnded, in: .reversible, fleet)
        case .freezeExpired: return try await Self.step(.freezeExpired, in: .freezing, fleet)
        case .cutoverExpired: return try await Self.step(.freezeExpired, in: .cutover, fleet)
        case .abortPlanned: return try await Self.step(.abort, in: .planned, fleet)
        case .abortPreparing: return try await Self.step(.abort, in: .preparing, fleet)
        case .abortCopying: return try await Self.step(.abort, in: .copying, fleet)
        case .abortAnnounced: return try await Self.step(.abort, in: .announced, fleet)
        case .abortFreezing: return try await Self.step(.abort, in: .freezing, fleet)
        case .abortCutover: return try await Self.step(.abort, in: .cutover, fleet)
        case .undone:
            let abort = try await Self.step(.abort, in: .freezing, fleet)
            _ = try await fleet.write(abort)
            return try await Self.step(.undone, in: .aborting, fleet)
        case .cancel, .pause:
            try await fleet.migrate()
            try await fleet.step(until: .freezing)
            let (id, event) = (try fleet.operation.id, self == .pause ? OperationEvent.pause : .cancel)
            return {
                _ = try $0.move(operation: id, by: event)
                return true
            }
        case .reverse:
            try await fleet.migrate(window: "1h")
            try await fleet.stepToTheEnd()
            let id = try fleet.operation.id
            return {
                _ = try $0.reverse(id, [:])
                return true
            }
        case .endMigration:
            try await fleet.migrate()
            try await fleet.step(until: .confirming)
            try await fleet.poll()
            _ = try await AdvanceBatches(controlPlane: fleet.plane).step()
            return try Self.end(of: fleet.operations.last, fleet)
        case .endCancelled:
            try await fleet.ask {
                try $0.drain(CellID("cell-1")!, DrainRequest(document: [:], cell: CellID("cell-1")!))
            }
            try await fleet.step(until: .announced)
            let id = try fleet.operation.id
            try await fleet.ask { try $0.move(operation: id, by: .cancel) }
            for _ in 1...2 { _ = try await AdvanceBatches(controlPlane: fleet.plane).step() }
            return try Self.end(of: fleet.operations.last, fleet)
        case .endDrain:
            try await fleet.ask {
                try $0.drain(CellID("cell-1")!, DrainRequest(document: [:], cell: CellID("cell-1")!))
            }
            try await fleet.step(until: .confirming)
            try await fleet.poll()
            _ = try await AdvanceBatches(controlPlane: fleet.plane).step()
            return try Self.end(of: fleet.operations.last, fleet)
        case .endReversal:
            try await fleet.migrate(window: "1h")
            try await fleet.stepToTheEnd()
            let id = try fleet.operation.id
            try await fleet.ask { try $0.reverse(id, [:]) }
            let last = try fleet.operations.last
            let reversal = try #require(last)
            for _ in 0..<100
            where try fleet.batches(of: reversal).contains(where: { $0.state != .confirming }) {
                try await fleet.step()
            }
            try await fleet.poll()
            _ = try await AdvanceBatches(controlPlane: fleet.plane).step()
            return try Self.end(of: reversal, fleet)
        }
    }

    /// A step that may be refused where it is repeated, because the first has done it already.
    var isAskedFor: Bool {
        switch self {
        case .planMigration, .planEvacuation, .planRestoration, .reverse: true
        default: false
        }
    }

    private static func evacuate(_ fleet: MovingFleet, _ document: JSONValue) async throws {
        try await fleet.ask { try $0.evacuate(zone: "a", EvacuationRequest(document: document)) }
        try await fleet.stepToTheEnd()
    }

    /// The batch's step, as the reconciler takes it, once the batch is where it comes next.
    private static func step(
        _ event: BatchEvent, in state: BatchState, _ fleet: MovingFleet
    ) async throws -> @Sendable (Change) throws -> Bool {
        if try fleet.operations.isEmpty { try await fleet.migrate() }
        try await fleet.step(until: state)
        let (batch, operation) = (try fleet.batch, try fleet.operation)
        let step = Change.Step(event: event, heldBy: event == .barrierHeld ? .gateways : nil)
        return { try $0.take(step, of: batch, in: operation) != nil }
    }

    private static func end(
        of operation: Registry.Operation?, _ fleet: MovingFleet
    ) throws -> @Sendable (Change) throws -> Bool {
        let id = try #require(operation?.id)
        let plane = fleet.plane
        return { change in
            let wasUnderWay = try change.transaction.operation(id)?.life.state == .running
            return try Ending(change, plane).step(id) == nil && wasUnderWay
        }
    }
}
