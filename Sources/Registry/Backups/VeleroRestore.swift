import JSON

/// A Restore of Velero's, read.
public struct VeleroRestore: Sendable, Equatable {
    public var metadata: VeleroMetadata
    /// The backup it reads. Nil where a schedule was named and Velero has not chosen yet.
    public var backup: String?
    public var schedule: String?
    /// Empty for all that the backup has.
    public var includedNamespaces: [String]
    public var excludedNamespaces: [String]
    public var namespaceMapping: [String: String]
    /// One of `phases`.
    public var phase: String
    public var startedAt: Timestamp?
    public var completedAt: Timestamp?
    public var itemsTotal: Int64
    public var itemsRestored: Int64
    public var warnings: Int64
    public var errors: Int64
    /// Why it failed, or is not valid; empty where nothing is said.
    public var message: String

    public static let phases = [
        "New", "FailedValidation", "InProgress", "WaitingForPluginOperations",
        "WaitingForPluginOperationsPartiallyFailed", "Completed", "PartiallyFailed", "Failed", "Finalizing",
        "FinalizingPartiallyFailed",
    ]

    /// Nil where something is missing or wrong, which the reader has reported.
    init?(from reader: DocumentReader) {
        let metadata = VeleroMetadata(from: reader)
        let read = reader.required(
            "spec",
            reader.nested("spec") { reader in
                let (backup, schedule) = (
                    reader.string("backupName") ?? "", reader.string("scheduleName") ?? ""
                )
                if backup.isEmpty, schedule.isEmpty {
                    reader.report("backupName", "is required where no schedule is named")
                }
                let included = reader.veleroNames("includedNamespaces")
                return (
                    backup: backup, schedule: schedule,
                    included: included.contains("*") ? [] : included,
                    excluded: reader.veleroNames("excludedNamespaces"),
                    mapping: reader.map(
                        "namespaceMapping", countMax: .max, keyRule: Names.dnsLabelRule,
                        isKey: Names.isDNSLabel, valueRule: Names.dnsLabelRule
                    ) { $0.string.flatMap { Names.isDNSLabel($0) ? $0 : nil } } ?? [:]
                )
            })
        let status = VeleroStatus(from: reader, phases: Self.phases, progress: "itemsRestored")
        status.requireTimes(reader, in: ["Completed", "PartiallyFailed"])
        guard let metadata, let read, let phase = status.phase else { return nil }
        self.metadata = metadata
        backup = read.backup.isEmpty ? nil : read.backup
        schedule = read.schedule.isEmpty ? nil : read.schedule
        includedNamespaces = read.included
        excludedNamespaces = read.excluded
        namespaceMapping = read.mapping
        self.phase = phase
        startedAt = status.startedAt
        completedAt = status.completedAt
        itemsTotal = status.itemsTotal
        itemsRestored = status.itemsDone
        warnings = status.warnings
        errors = status.errors
        message = status.message
    }
}
