/// One step of the schema. Once landed its text never changes: what is wrong with it is mended by another.
public struct Migration: Sendable, Equatable {
    /// 1, 2, 3 … without a gap.
    public let version: Int
    public let name: String
    /// Any number of statements; without BEGIN and COMMIT.
    public let sql: String

    public init(version: Int, name: String, sql: String) {
        self.version = version
        self.name = name
        self.sql = sql
    }
}

/// Why a database's schema can't be brought to the one this program knows; nothing was changed.
public enum MigrationError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The file belongs to another application, or to none although it has tables.
    case foreignFile(applicationID: Int)
    /// A newer program has been here.
    case newerSchema(version: Int, known: Int)
    /// The text of a migration that was applied is not the one that this program has.
    case changed(version: Int, name: String)
    /// The file's record of what was applied does not agree with its version.
    case recordsDisagree(version: Int)
    /// After the migration, rows would refer to ones that are not there.
    case brokenReferences(version: Int, name: String, problems: [String])

    public var description: String {
        switch self {
        case .foreignFile(let id):
            "the file is not a database of this program: its application id is \(id)"
        case .newerSchema(let version, let known):
            "the schema has version \(version), and this program knows it up to \(known): use a newer program"
        case .changed(let version, let name):
            "migration \(version) (\(name)) was applied with another text than this program has"
        case .recordsDisagree(let version):
            "the record of migrations does not agree with schema version \(version)"
        case .brokenReferences(let version, let name, let problems):
            "migration \(version) (\(name)) breaks references: \(problems.joined(separator: "; "))"
        }
    }
}
