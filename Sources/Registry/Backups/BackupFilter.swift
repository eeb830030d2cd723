/// What a list of backups is narrowed by; nil asks nothing.
public struct BackupFilter: Sendable, Equatable {
    public var schedule: BackupScheduleName?
    public var phase: BackupPhase?

    public init(schedule: BackupScheduleName? = nil, phase: BackupPhase? = nil) {
        self.schedule = schedule
        self.phase = phase
    }
}

/// What a list of restores is narrowed by; nil asks nothing.
public struct RestoreFilter: Sendable, Equatable {
    public var backup: BackupName?
    public var phase: RestorePhase?
    public var isDrill: Bool?

    public init(backup: BackupName? = nil, phase: RestorePhase? = nil, isDrill: Bool? = nil) {
        self.backup = backup
        self.phase = phase
        self.isDrill = isDrill
    }
}
