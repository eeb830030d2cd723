import JSON
import Registry
import SQLite

extension ReadTransaction {
    /// Newest first, at most `limit` of those before `number`.
    public func verifications(
        of backup: Backup, before number: Int64 = .max, limit: Int
    ) throws -> [(number: Int64, verification: BackupVerification)] {
        try connection.query(Self.verificationsSQL, backup.number, number, limit) { row in
            let document = try JSONValue(parsing: Array(row.text(1).utf8))
            guard let verification = BackupVerification(kept: document) else {
                throw RegistryError(.internalError, "A kept verification can't be read.")
            }
            return (row.int64(0), verification)
        }
    }

    private static let verificationsSQL = """
        SELECT number, document FROM backup_verifications
        WHERE backup = $1 AND number < $2 ORDER BY number DESC LIMIT $3
        """
}

extension WriteTransaction {
    /// Keeps a verification, and of the backup's no more than there may be.
    public func insert(_ verification: BackupVerification, of backup: Backup) throws {
        let last = try connection.first(Self.lastVerificationSQL, backup.number) { $0.int64(0) } ?? 0
        try connection.run(
            "INSERT INTO backup_verifications VALUES ($1, $2, $3)", backup.number, last + 1,
            verification.document.encodedString(.canonical))
        try connection.run(
            "DELETE FROM backup_verifications WHERE backup = $1 AND number <= $2", backup.number,
            last + 1 - Int64(Limits.verificationsMax))
    }

    private static let lastVerificationSQL =
        "SELECT coalesce(max(number), 0) FROM backup_verifications WHERE backup = $1"
}
