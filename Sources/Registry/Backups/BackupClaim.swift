import JSON

/// What `POST /v1/backups:claim` and `POST /v1/restores:claim` take.
public struct BackupClaimRequest: Sendable, Equatable {
    public var worker: String
    public var lease: Duration
    /// Of this schedule alone; nil: of any and of none.
    public var schedule: BackupScheduleName?
    /// This one and no other; nil: the next in line.
    public var name: BackupName?

    public init(
        worker: String, lease: Duration = Limits.backupLeaseUsual, schedule: BackupScheduleName? = nil,
        name: BackupName? = nil
    ) {
        self.worker = worker
        self.lease = lease
        self.schedule = schedule
        self.name = name
    }

    /// - Parameter noun: `backup` or `restore`: the member that names one.
    /// - Throws: `invalidArgument` with every field that is wrong.
    public init(document: JSONValue, noun: String) throws(RegistryError) {
        let reader = try DocumentReader(document)
        let rule = "must be 1 to \(Limits.workerNameBytesMax) bytes without control characters"
        let worker = reader.required(
            "worker",
            reader.parsed("worker", rule) {
                (1...Limits.workerNameBytesMax).contains($0.utf8.count) && Names.isPrintable($0) ? $0 : nil
            })
        let lease = reader.duration("lease", in: Limits.claimLeases)
        let schedule =
            noun == "backup"
            ? reader.parsed(
                "schedule", Names.subdomainRule(bytesMax: Limits.backupScheduleNameBytesMax),
                BackupScheduleName.init) : nil
        let name = reader.parsed(
            noun, Names.subdomainRule(bytesMax: Limits.backupNameBytesMax), BackupName.init)
        try reader.finish()
        self.init(
            worker: worker ?? "", lease: lease ?? Limits.backupLeaseUsual, schedule: schedule, name: name)
    }
}

/// What a claim answers: the backup, and whether it is to be made or deleted.
public struct ClaimedBackup: Sendable, Equatable {
    public enum Action: String, Sendable, CaseIterable {
        case backup, delete
    }

    public var backup: Backup
    public var action: Action
    public var claim: Claim

    public var document: JSONObject {
        var object: JSONObject = [
            "action": .string(action.rawValue), "backup": .string(backup.name.rawValue),
            "scope": backup.scope.document, "covers": backup.covers.document,
            "storageLocation": .string(backup.storageLocation),
            "location": .string(backup.result.location), "ttl": .string(backup.ttl.go),
            "labels": .object(JSONObject(strings: backup.labels)),
            "fencingToken": .integer(claim.token.rawValue),
            "leaseExpiresAt": .string(claim.leaseEndsAt.description),
        ]
        if let schedule = backup.schedule { object["schedule"] = .string(schedule.rawValue) }
        return object
    }
}
