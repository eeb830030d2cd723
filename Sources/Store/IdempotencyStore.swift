import Registry
import SQLite

/// An answer that is kept so that a repeated POST gets the same one.
public struct KeptAnswer: Sendable, Equatable {
    public var status: Int
    /// `Location` and `ETag`, as JSON.
    public var fields: String
    public var body: [UInt8]

    public init(status: Int, fields: String, body: [UInt8]) {
        self.status = status
        self.fields = fields
        self.body = body
    }
}

extension WriteTransaction {
    /// The answer that was given under this key within its lifetime.
    ///
    /// - Throws: `idempotencyKeyReused` where the key came with another request.
    public func answer(to key: IdempotencyKey) throws -> KeptAnswer? {
        let least = now.advanced(byMilliseconds: -Limits.idempotencyKeyLifetime.milliseconds)
        return try connection.first(Self.answerSQL, key.principal, key.key, least.rawValue) { row in
            guard row.bytes(0) == key.fingerprint else {
                throw RegistryError(
                    .idempotencyKeyReused,
                    "The idempotency key '\(key.key)' was used with another request within the last 24 hours.",
                    nextSteps: ["send this request with a key of its own"])
            }
            return KeptAnswer(status: row.int(1), fields: row.text(2), body: row.bytes(3))
        }
    }

    private static let answerSQL = """
        SELECT fingerprint, status, fields, body FROM idempotency_keys
        WHERE principal = $1 AND key = $2 AND created_at_ms > $3
        """

    public func keep(_ answer: KeptAnswer, for key: IdempotencyKey) throws {
        try connection.run(
            Self.keepSQL, key.principal, key.key, key.fingerprint, answer.status, answer.fields, answer.body,
            now.rawValue)
    }

    private static let keepSQL = """
        INSERT INTO idempotency_keys (principal, key, fingerprint, status, fields, body, created_at_ms)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (principal, key) DO UPDATE SET
            fingerprint = excluded.fingerprint, status = excluded.status, fields = excluded.fields,
            body = excluded.body, created_at_ms = excluded.created_at_ms
        """

    /// Takes out at most `limit` answers that are past their lifetime; returns how many.
    public func deleteExpiredAnswers(limit: Int) throws -> Int {
        let least = now.advanced(byMilliseconds: -Limits.idempotencyKeyLifetime.milliseconds)
        return try connection.run(Self.deleteExpiredSQL, least.rawValue, limit)
    }

    private static let deleteExpiredSQL = """
        DELETE FROM idempotency_keys WHERE (principal, key) IN (
            SELECT principal, key FROM idempotency_keys WHERE created_at_ms <= $1 ORDER BY created_at_ms LIMIT $2)
        """

    /// Takes out at most `limit` answers, the oldest of each principal that has more than `most`; returns how many.
    public func deleteAnswers(beyond most: Int, limit: Int) throws -> Int {
        let over = try connection.query(Self.overSQL, most) { ($0.text(0), $0.int(1) - most) }
        var deleted = 0
        for (principal, count) in over where deleted < limit {
            deleted += try connection.run(Self.deleteOldestSQL, principal, min(count, limit - deleted))
        }
        return deleted
    }

    /// Reads the index alone, which holds the primary key and no body.
    private static let overSQL = """
        SELECT principal, count(*) FROM idempotency_keys INDEXED BY idempotency_keys_by_age
        WHERE created_at_ms >= 0 GROUP BY principal HAVING count(*) > $1
        """
    private static let deleteOldestSQL = """
        DELETE FROM idempotency_keys WHERE (principal, key) IN (
            SELECT principal, key FROM idempotency_keys INDEXED BY idempotency_keys_by_age
            WHERE created_at_ms >= 0 AND principal = $1 ORDER BY created_at_ms LIMIT $2)
        """
}
