import JSON

/// A backup schedule as the store has it.
public struct BackupScheduleRecord: Sendable, Equatable {
    public var schedule: BackupSchedule
    /// Of the runs that fell due until then it is decided what becomes of them.
    public var decidedUntil: Timestamp
    /// When a run was last started, by time or by hand.
    public var lastRunAt: Timestamp?
    public var lastBackup: BackupName?
    /// When a backup of it last completed.
    public var lastSuccessAt: Timestamp?
    public var lastMissed: MissedRun?
    public var revision: Revision
    public var createdAt: Timestamp
    public var updatedAt: Timestamp

    public init(
        schedule: BackupSchedule, decidedUntil: Timestamp, revision: Revision = .zero, createdAt: Timestamp,
        updatedAt: Timestamp
    ) {
        self.schedule = schedule
        self.decidedUntil = decidedUntil
        self.revision = revision
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }

    /// Nil while it is paused.
    public func nextRun(after time: Timestamp) -> Timestamp? {
        schedule.isPaused ? nil : schedule.expression.next(after: time, in: schedule.zone)
    }

    /// What the audit keeps: the schedule, and the last run that was missed, of which webhooks tell.
    public var document: JSONValue {
        guard case .object(var object) = schedule.document else {
            preconditionFailure("a document is an object")
        }
        if let lastMissed { object["lastMissed"] = lastMissed.document }
        return .object(object)
    }

    /// - Parameters:
    ///   - running: its runs that have not ended, oldest first.
    ///   - missed: since its last success.
    public func shown(running: [BackupName], missed: Int, at now: Timestamp) -> JSONObject {
        guard case .object(var object) = schedule.document else {
            preconditionFailure("a document is an object")
        }
        func time(_ time: Timestamp?) -> JSONValue { time.map { .string($0.description) } ?? .null }
        object["status"] = [
            "lastRun": time(lastRunAt),
            "lastBackup": lastBackup.map { .string($0.rawValue) } ?? .null,
            "lastSuccessAt": time(lastSuccessAt), "nextRunAt": time(nextRun(after: max(decidedUntil, now))),
            "missed": .integer(Int64(missed)), "lastMissed": lastMissed?.document ?? .null,
            "running": .array(running.map { .string($0.rawValue) }),
            "rpo": .string(schedule.rpo(at: now).go),
        ]
        object["revision"] = .integer(revision.rawValue)
        object["createdAt"] = .string(createdAt.description)
        object["updatedAt"] = .string(updatedAt.description)
        return object
    }
}
