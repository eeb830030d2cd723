import JSON

/// Bringing back what a backup has, in earnest or as a drill.
public struct Restore: Sendable, Equatable {
    public var name: RestoreName
    /// The revision of the event that made it: lists are in this order.
    public var number: Int64
    public var backup: BackupName
    /// Whose newest good backup was asked for; nil where the backup itself was.
    public var schedule: BackupScheduleName?
    /// What of it; nil: all that it covers.
    public var scope: BackupScope?
    /// What it brings back, by where it was: what a drill has shown of it.
    public var covers: BackupCover
    /// Into which namespace instead; those that are left out go where they were.
    public var namespaceMapping: [String: String]
    /// Into which cell instead; those that are left out go where they were.
    public var cellMapping: [CellID: CellID]
    /// A test: its time and end are kept as evidence.
    public var isDrill: Bool
    public var executor: BackupExecutor
    public var source: Backup.Source
    /// Velero's `metadata.uid`; empty for one that was made here.
    public var uid: String
    public var runTimeout: Duration
    /// Why it may go into cells that serve tenants; nil: it may not.
    public var override: String?
    public var phase: RestorePhase
    public var warnings: Int64
    public var errors: Int64
    public var message: String
    public var failure: BackupFailure?
    public var claim: Claim?
    /// When it has taken too long, by the steady clock; nil where nothing is waited for.
    public var deadline: Timestamp?
    public var createdAt: Timestamp
    public var startedAt: Timestamp?
    public var completedAt: Timestamp?
    public var updatedAt: Timestamp
    public var revision: Revision

    public init(
        name: RestoreName, backup: BackupName, schedule: BackupScheduleName? = nil,
        scope: BackupScope? = nil, covers: BackupCover = BackupCover(),
        namespaceMapping: [String: String] = [:],
        cellMapping: [CellID: CellID] = [:], isDrill: Bool = false, executor: BackupExecutor = .external,
        source: Backup.Source = .api, runTimeout: Duration = .seconds(4 * 3600), override: String? = nil,
        phase: RestorePhase = .new, createdAt: Timestamp
    ) {
        self.name = name
        number = 0
        self.backup = backup
        self.schedule = schedule
        self.scope = scope
        self.covers = covers
        self.namespaceMapping = namespaceMapping
        self.cellMapping = cellMapping
        self.isDrill = isDrill
        self.executor = executor
        self.source = source
        uid = ""
        self.runTimeout = runTimeout
        self.override = override
        self.phase = phase
        warnings = 0
        errors = 0
        message = ""
        self.createdAt = createdAt
        updatedAt = createdAt
        revision = .zero
    }

    /// How long it took; nil before its end, and where it never began.
    public var duration: Duration? {
        guard phase.isTerminal, let startedAt, let completedAt else { return nil }
        return .milliseconds(max(0, completedAt.rawValue - startedAt.rawValue))
    }
}

extension Restore {
    private var spec: JSONObject {
        var object: JSONObject = [
            "name": .string(name.rawValue), "backup": .string(backup.rawValue),
            "scope": scope?.document ?? .null, "covers": covers.document,
            "namespaceMapping": .object(JSONObject(strings: namespaceMapping)),
            "cellMapping": .object(
                JSONObject(
                    strings: Dictionary(
                        uniqueKeysWithValues: cellMapping.map { ($0.key.rawValue, $0.value.rawValue) }))),
            "drill": .bool(isDrill), "executor": .string(executor.rawValue),
            "source": .string(source.rawValue), "phase": .string(phase.rawValue),
            "createdAt": .string(createdAt.description),
        ]
        if let schedule { object["schedule"] = .string(schedule.rawValue) }
        if let override { object["override"] = ["reason": .string(override)] }
        return object
    }

    /// What the audit keeps of it: what was asked for, decided and came of it.
    public var document: JSONValue {
        var object = spec
        if let startedAt { object["startedAt"] = .string(startedAt.description) }
        if let completedAt {
            object["completedAt"] = .string(completedAt.description)
            object["warnings"] = .integer(warnings)
            object["errors"] = .integer(errors)
            object["message"] = .string(message)
        }
        if let duration { object["duration"] = .string(duration.go) }
        if let failure { object["failureReason"] = .string(failure.rawValue) }
        return .object(object)
    }

    /// As the API shows it.
    public var shown: JSONObject {
        func time(_ time: Timestamp?) -> JSONValue { time.map { .string($0.description) } ?? .null }
        var object = spec
        object["startedAt"] = time(startedAt)
        object["completedAt"] = time(completedAt)
        object["duration"] = duration.map { .string($0.go) } ?? .null
        object["warnings"] = .integer(warnings)
        object["errors"] = .integer(errors)
        object["message"] = .string(message)
        object["failureReason"] = failure.map { .string($0.rawValue) } ?? .null
        if let claim, phase.isInFlight { object["claim"] = claim.document }
        object["updatedAt"] = .string(updatedAt.description)
        object["revision"] = .integer(revision.rawValue)
        return object
    }
}
