import JSON

/// A run of a schedule that fell due and was not started.
public struct MissedRun: Sendable, Equatable {
    public enum Reason: String, Sendable, CaseIterable {
        /// Another run of the schedule was under way.
        case overlap
        /// It waited for the one before it, and a later one took its place.
        case superseded
        /// The control plane did not run, and a later run has fallen due since.
        case down
        /// The control plane did not run for longer than a run may be late.
        case late
    }

    public var schedule: BackupScheduleName
    public var dueAt: Timestamp
    public var reason: Reason
    /// When it was noticed.
    public var recordedAt: Timestamp
    public var message: String

    public init(
        schedule: BackupScheduleName, dueAt: Timestamp, reason: Reason, recordedAt: Timestamp, message: String
    ) {
        self.schedule = schedule
        self.dueAt = dueAt
        self.reason = reason
        self.recordedAt = recordedAt
        self.message = message
    }

    public var document: JSONValue {
        [
            "dueAt": .string(dueAt.description), "reason": .string(reason.rawValue),
            "recordedAt": .string(recordedAt.description), "message": .string(message),
        ]
    }

    /// Nil unless it is what `document` writes.
    public init?(kept document: JSONValue, of schedule: BackupScheduleName) {
        guard let dueAt = document["dueAt"]?.string.flatMap(Timestamp.init),
            let reason = document["reason"]?.string.flatMap(Reason.init),
            let recordedAt = document["recordedAt"]?.string.flatMap(Timestamp.init),
            let message = document["message"]?.string
        else { return nil }
        self.init(
            schedule: schedule, dueAt: dueAt, reason: reason, recordedAt: recordedAt, message: message)
    }
}

/// What is to be done about the runs of a schedule that have fallen due: one is started at the most.
///
/// After a pause of the process only the newest is worth anything: a backup is of the present, so that those before it
/// would be the same one again.
public struct DueRuns: Sendable, Equatable {
    /// The run to start.
    public var start: Timestamp?
    public var missed: [(dueAt: Timestamp, reason: MissedRun.Reason)] = []
    /// Everything until then is decided.
    public var decidedUntil: Timestamp

    public init(of schedule: BackupSchedule, after decided: Timestamp, at now: Timestamp) {
        decidedUntil = max(decided, now)
        guard schedule.source == .api, !schedule.isPaused, decided < now else { return }
        let due = schedule.expression.runs(
            after: decided, through: now, in: schedule.zone, countMax: Limits.missedRunsMax)
        guard let newest = due.last else { return }
        missed = due.dropLast().map { ($0, .down) }
        if newest.advanced(byMilliseconds: schedule.startingDeadline.milliseconds) >= now {
            start = newest
        } else {
            missed.append((newest, .late))
        }
    }

    public static func == (a: DueRuns, b: DueRuns) -> Bool {
        a.start == b.start && a.decidedUntil == b.decidedUntil
            && a.missed.elementsEqual(b.missed) { $0 == $1 }
    }
}

extension MissedRun.Reason {
    /// In a sentence, for people.
    public func message(_ schedule: BackupSchedule) -> String {
        switch self {
        case .overlap: "another run of the schedule was under way"
        case .superseded: "it waited for the run before it, and a later one took its place"
        case .down: "the control plane did not run when it was due, and a later run was due before it did"
        case .late:
            "the control plane did not run from then on for longer than the \(schedule.startingDeadline.go) that a run may be late"
        }
    }
}
