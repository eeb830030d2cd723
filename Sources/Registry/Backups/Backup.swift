import JSON

/// A backup, from the wish to have one until nothing is left of it.
public struct Backup: Sendable, Equatable {
    /// How the catalog came by it.
    public enum Source: String, Sendable, CaseIterable {
        case api
        case schedule
        /// From a list that somebody sent.
        case `import`
        /// By watching Velero.
        case velero
    }

    public var name: BackupName
    /// The revision of the event that made it: lists are in this order.
    public var number: Int64
    public var schedule: BackupScheduleName?
    /// The run that it is: when it fell due. Nil where it is none.
    public var dueAt: Timestamp?
    public var scope: BackupScope
    public var covers: BackupCover
    public var storageLocation: String
    public var executor: BackupExecutor
    public var source: Source
    /// What names it where it came from: Velero's `metadata.uid`. Empty for one that was made here.
    public var uid: String
    public var phase: BackupPhase
    public var ttl: Duration
    public var runTimeout: Duration
    public var labels: [String: String]
    public var holds: [BackupHold]
    /// What its executor has said of it.
    public var result: BackupResult
    /// Why it failed; nil where it did not.
    public var failure: BackupFailure?
    /// The newest one.
    public var verification: BackupVerification?
    /// The latest, with its lease, which may be over.
    public var claim: Claim?
    /// When it has taken too long, by the steady clock; nil where nothing is waited for.
    public var deadline: Timestamp?

    public var createdAt: Timestamp
    public var startedAt: Timestamp?
    public var completedAt: Timestamp?
    public var expiresAt: Timestamp
    public var updatedAt: Timestamp
    public var revision: Revision

    public init(
        name: BackupName, schedule: BackupScheduleName? = nil, dueAt: Timestamp? = nil, scope: BackupScope,
        covers: BackupCover, storageLocation: String = "default", executor: BackupExecutor = .external,
        source: Source = .api, phase: BackupPhase = .new, ttl: Duration = .seconds(720 * 3600),
        runTimeout: Duration = .seconds(4 * 3600), labels: [String: String] = [:], createdAt: Timestamp
    ) {
        self.name = name
        number = 0
        self.schedule = schedule
        self.dueAt = dueAt
        self.scope = scope
        self.covers = covers
        self.storageLocation = storageLocation
        self.executor = executor
        self.source = source
        uid = ""
        self.phase = phase
        self.ttl = ttl
        self.runTimeout = runTimeout
        self.labels = labels
        holds = []
        result = BackupResult()
        self.createdAt = createdAt
        expiresAt = createdAt.advanced(byMilliseconds: ttl.milliseconds)
        updatedAt = createdAt
        revision = .zero
    }

    /// Can be restored from, as far as is known.
    public var isGood: Bool { phase == .completed && verification?.isPassed != false }

    /// What it stands in a row with: the schedule's backups, or those of the same scope that are of no schedule.
    public var line: String {
        schedule.map { "schedule/\($0)" } ?? "scope/\(scope.document.encodedString(.canonical))"
    }

    /// It was verified, and that is so long ago that it says little.
    public func isStale(at now: Timestamp) -> Bool {
        guard let verification else { return false }
        return verification.at.advanced(byMilliseconds: Limits.verificationLifetime.milliseconds) < now
    }

    /// Somebody may still be working on it.
    public func isLeased(at steady: Timestamp) -> Bool { claim?.isLive(at: steady) ?? false }
}

/// Keeps a backup from being deleted, by whomever and whatever.
public struct BackupHold: Sendable, Equatable {
    public var reason: String
    public var by: String
    public var at: Timestamp

    public init(reason: String, by: String, at: Timestamp) {
        self.reason = reason
        self.by = by
        self.at = at
    }

    public var document: JSONValue {
        ["reason": .string(reason), "by": .string(by), "at": .string(at.description)]
    }

    /// Nil unless it is what `document` writes.
    public init?(document: JSONValue) {
        guard let reason = document["reason"]?.string, let by = document["by"]?.string,
            let at = document["at"]?.string.flatMap(Timestamp.init)
        else { return nil }
        self.init(reason: reason, by: by, at: at)
    }
}

/// Why a backup or a restore failed.
public enum BackupFailure: String, Sendable, CaseIterable {
    /// Its executor says so, or Velero does.
    case reported
    /// Its worker was not heard of any more.
    case workerSilent
    /// It took longer than it may, or nobody took it up for as long.
    case timedOut
    /// Its schedule's next run has taken its place.
    case replaced
    /// Its scope takes nothing that there is.
    case coversNothing
    /// What a restore goes into serves tenants by now.
    case targetServes

    /// Nobody has said that it failed: it was given up.
    public var isStuck: Bool { self == .workerSilent || self == .timedOut }
}
