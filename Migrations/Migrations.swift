/// The schema's history, oldest first: the one list of migrations. A file that has landed is never edited.
public enum Migrations {
    public static let all: [(version: Int, name: String, sql: [UInt8])] = [
        (1, "registry", PackageResources._001_registry_sql),
        (2, "moves", PackageResources._002_moves_sql),
        (3, "rollouts", PackageResources._003_rollouts_sql),
        (4, "webhooks", PackageResources._004_webhooks_sql),
        (5, "backups", PackageResources._005_backups_sql),
    ]
}
