import Registry
import Store

/// Who has a revision and who has not.
public struct Convergence: Sendable, Equatable {
    /// Live gateways that have applied it.
    public var applied: [GatewayView]
    /// Live gateways that have not.
    public var waiting: [GatewayView]
    /// Gateways whose lease has run out without it.
    public var expired: [GatewayView]

    /// True where every live gateway has it.
    public var isConverged: Bool { waiting.isEmpty }
}

extension ControlPlane {
    /// Puts a gateway on the list, durably, and counts this as its first contact.
    ///
    /// - Throws: `inUse` where there are too many; `overloaded` where it was deregistered at the same time.
    public func registerGateway(_ id: String, applied: RevisionTag?) async throws(RegistryError) {
        guard gateways.count < Limits.gatewaysMax else {
            throw RegistryError(
                .inUse, "There are \(Limits.gatewaysMax) gateways on the list, which is the limit.",
                nextSteps: ["deregister those that are gone: DELETE /v1/gateways/{gateway}"])
        }
        let now = clock.now()
        let record = GatewayRecord(id: id, registeredAt: now, contactAt: now, applied: applied)
        let context = ChangeContext(principal: .system, operation: "registerGateway")
        gateways.beginRegistering(id)
        do {
            try await store.write(as: context) { try $0.save(record) }
        } catch {
            gateways.add(nil, registering: id)
            throw error
        }
        guard gateways.add(record, registering: id) else {
            throw RegistryError(
                .overloaded, "The gateway '\(id)' was deregistered at this moment.",
                nextSteps: ["retry with back-off, where it still serves"])
        }
    }

    public func convergence(at tag: RevisionTag) -> Convergence {
        var result = Convergence(applied: [], waiting: [], expired: [])
        for view in gateways.views() {
            switch (view.isLive, view.hasApplied(tag)) {
            case (true, true): result.applied.append(view)
            case (true, false): result.waiting.append(view)
            case (false, false): result.expired.append(view)
            case (false, true): break
            }
        }
        return result
    }
}
