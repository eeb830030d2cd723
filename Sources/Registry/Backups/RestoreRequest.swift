import JSON

/// What `POST /v1/restores` takes.
public struct RestoreRequest: Sendable, Equatable {
    /// What is read.
    public enum Origin: Sendable, Equatable {
        case backup(BackupName)
        /// The newest good backup of it.
        case schedule(BackupScheduleName)
    }

    public var name: RestoreName?
    public var origin: Origin
    public var scope: BackupScope?
    public var namespaceMapping: [String: String]
    public var cellMapping: [CellID: CellID]
    public var isDrill: Bool
    /// Nil: whoever has made the backup.
    public var executor: BackupExecutor?
    public var runTimeout: Duration
    public var override: String?

    /// - Throws: `invalidArgument` with every field that is wrong.
    public init(document: JSONValue) throws(RegistryError) {
        let reader = try DocumentReader(document)
        _ = reader.string("reason", bytesMax: Limits.reasonBytesMax)
        let rule = Names.subdomainRule(bytesMax: Limits.backupNameBytesMax)
        name = reader.parsed("name", rule, RestoreName.init)
        let backup = reader.parsed("backup", rule, BackupName.init)
        let schedule = reader.parsed(
            "schedule", Names.subdomainRule(bytesMax: Limits.backupScheduleNameBytesMax),
            BackupScheduleName.init)
        if reader.has("backup") == reader.has("schedule") {
            reader.report(
                "backup",
                reader.has("backup")
                    ? "can't stand beside 'schedule': name one of them"
                    : "is required, or 'schedule' for its newest good one")
        }
        scope = reader.has("scope") ? BackupScope(from: reader, field: "scope") : nil
        namespaceMapping =
            reader.map(
                "namespaceMapping", countMax: Limits.backupNamespacesMax, keyRule: Names.dnsLabelRule,
                isKey: Names.isDNSLabel, valueRule: Names.dnsLabelRule
            ) { $0.string.flatMap { Names.isDNSLabel($0) ? $0 : nil } } ?? [:]
        let cells =
            reader.map(
                "cellMapping", countMax: Limits.cellsMax, keyRule: Names.dnsLabelRule,
                isKey: Names.isDNSLabel, valueRule: Names.dnsLabelRule
            ) { $0.string.flatMap(CellID.init) } ?? [:]
        cellMapping = Dictionary(
            uniqueKeysWithValues: cells.compactMap { key, value in CellID(key).map { ($0, value) } })
        if Set(cellMapping.values).count < cellMapping.count {
            reader.report("cellMapping", "must bring no two cells into one")
        }
        isDrill = reader.bool("drill") ?? false
        executor = reader.choice("executor")
        runTimeout = reader.duration("runTimeout", in: Limits.backupTimes) ?? .seconds(4 * 3600)
        override =
            reader.nested("override") { inside in
                inside.required("reason", inside.reason("reason"))
            } ?? nil
        try reader.finish()
        guard let origin = backup.map(Origin.backup) ?? schedule.map(Origin.schedule) else {
            preconditionFailure("finish() throws where neither is named")
        }
        self.origin = origin
    }
}

extension DocumentReader {
    /// Why: a text that says something.
    func reason(_ key: String) -> String? {
        parsed(key, "must say why, in 1 to \(Limits.reasonBytesMax) bytes without control characters") {
            let isThere = $0.contains { !$0.isWhitespace }
            return isThere && $0.utf8.count <= Limits.reasonBytesMax && Names.isPrintable($0) ? $0 : nil
        }
    }
}
