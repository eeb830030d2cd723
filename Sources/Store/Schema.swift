import Migrations
import SQLite

/// The schema that this build understands.
public enum Schema {
    /// "Titn": marks the file as ours in its header.
    static let applicationID: Int32 = 0x5469_746E

    /// The newest migration.
    public static var version: Int { Migrations.all.count }

    public static var migrator: Migrator {
        Migrator(
            Migrations.all.map {
                Migration(version: $0.version, name: $0.name, sql: String(decoding: $0.sql, as: UTF8.self))
            }, applicationID: applicationID)
    }
}
