/// Who carries backups and restores out.
public enum BackupExecutor: String, Sendable, CaseIterable {
    /// Scripts and agents, which claim and report.
    case external
    /// Velero, through the Kubernetes API.
    case velero
    /// This server, of its own database.
    case registry

    /// What does not fit the scope has been reported.
    init(from reader: DocumentReader, scope: BackupScope?) {
        let named: BackupExecutor? = reader.choice("executor")
        self = named ?? .external
        guard let scope else { return }
        if self == .registry, scope != .registry {
            reader.report("executor", "can only be registry where the scope is the registry")
        }
        if self == .velero, scope == .registry {
            reader.report("executor", "can't be velero: only a copy through the registry is sure to be whole")
        }
    }
}
