import Registry
import Store

/// The one list of reconcilers.
public enum Reconcilers {
    public static func all(of controlPlane: ControlPlane) -> [any Reconciler] {
        [
            SaveGatewayContacts(controlPlane: controlPlane),
            DeleteExpiredAnswers(controlPlane: controlPlane),
            AdvanceBatches(controlPlane: controlPlane),
            EndOperations(controlPlane: controlPlane),
            ExpireEvacuations(controlPlane: controlPlane),
            DeleteExpiredOperations(controlPlane: controlPlane),
            AdvanceRollouts(controlPlane: controlPlane),
            DeleteExpiredRollouts(controlPlane: controlPlane),
            DeleteExpiredDeliveries(controlPlane: controlPlane),
            StartScheduledBackups(controlPlane: controlPlane),
            WatchBackups(controlPlane: controlPlane),
            PruneBackups(controlPlane: controlPlane),
            DeleteExpiredRestores(controlPlane: controlPlane),
        ] + (1...CallMovers.count).map { CallMovers(number: $0, controlPlane: controlPlane) }
            + (1...MeasureGates.count).map { MeasureGates(number: $0, controlPlane: controlPlane) }
            + (1...DeliverWebhooks.count).map { DeliverWebhooks(number: $0, controlPlane: controlPlane) }
            + [controlPlane.cluster].compactMap(\.self).map {
                DriveKubernetes(controlPlane: controlPlane, cluster: $0)
            }
    }
}

/// Writes behind what the gateways' polls have said: a restart then knows roughly how far each one was.
struct SaveGatewayContacts: Reconciler {
    let controlPlane: ControlPlane
    let name = "saveGatewayContacts"
    let period = Duration.seconds(5)

    func step() async throws -> String {
        let records = controlPlane.gateways.unsaved(limit: 1000)
        guard !records.isEmpty else { return "nothing to save" }
        try await controlPlane.store.write(as: ChangeContext(principal: .system, operation: name)) {
            transaction in
            // One that has deregistered in between stays away.
            for record in records where try transaction.gateway(record.id) != nil {
                try transaction.save(record)
            }
        }
        controlPlane.gateways.saved(records)
        return "saved \(records.count) gateways"
    }
}

/// Takes out the answers kept for idempotency keys once nobody may ask for them any more, and the oldest of whoever has
/// more than his share: a retry comes within minutes, so that those are the least likely to be asked for.
struct DeleteExpiredAnswers: Reconciler {
    let controlPlane: ControlPlane
    var answersMax = Limits.keptAnswersMax
    let name = "deleteExpiredAnswers"
    let period = Duration.seconds(60)

    func step() async throws -> String {
        let deleted = try await controlPlane.store.write(
            as: ChangeContext(principal: .system, operation: name)
        ) { [answersMax] in
            try $0.deleteExpiredAnswers(limit: 1000)
                + $0.deleteAnswers(beyond: answersMax, limit: 10_000)
        }
        return "deleted \(deleted) answers"
    }
}
