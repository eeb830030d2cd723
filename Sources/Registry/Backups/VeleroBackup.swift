import JSON

/// A Backup of Velero's, read.
public struct VeleroBackup: Sendable, Equatable {
    public var metadata: VeleroMetadata
    /// The schedule that made it, by its label.
    public var schedule: String?
    public var spec: VeleroSpec
    /// One of `phases`.
    public var phase: String
    public var startedAt: Timestamp?
    public var completedAt: Timestamp?
    /// As its status says, else its time to live after its start, or after it was made.
    public var expiresAt: Timestamp
    public var itemsTotal: Int64
    public var itemsBackedUp: Int64
    public var warnings: Int64
    public var errors: Int64
    /// Why it failed, or is not valid; empty where nothing is said.
    public var message: String

    public static let phases = [
        "New", "Queued", "ReadyToStart", "FailedValidation", "InProgress", "WaitingForPluginOperations",
        "WaitingForPluginOperationsPartiallyFailed", "Finalizing", "FinalizingPartiallyFailed", "Completed",
        "PartiallyFailed", "Failed", "Deleting",
    ]

    /// Nil where something is missing or wrong, which the reader has reported.
    init?(from reader: DocumentReader) {
        let metadata = VeleroMetadata(from: reader)
        let spec = reader.required("spec", reader.nested("spec", VeleroSpec.init))
        let status = VeleroStatus(from: reader, phases: Self.phases, progress: "itemsBackedUp")
        // What can be restored from has been begun, and its data is as old as that.
        status.requireTimes(reader, in: ["Completed", "PartiallyFailed"])
        guard let metadata, let spec, let phase = status.phase else { return nil }
        self.metadata = metadata
        schedule = metadata.labels[VeleroMetadata.scheduleLabel]
        self.spec = spec
        self.phase = phase
        startedAt = status.startedAt
        completedAt = status.completedAt
        expiresAt =
            status.expiresAt
            ?? (status.startedAt ?? metadata.createdAt).advanced(byMilliseconds: spec.ttl.milliseconds)
        itemsTotal = status.itemsTotal
        itemsBackedUp = status.itemsDone
        warnings = status.warnings
        errors = status.errors
        message = status.message
    }
}
