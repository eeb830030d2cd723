import Registry
import SQLite
import Testing

@testable import Store

@Suite("Schema")
struct SchemaTests {
    @Test("a new database has the golden schema")
    func golden() async throws {
        try await TemporaryStore.with { temporary in
            try await temporary.withStore { _ in }
            try Golden.check(temporary.withConnection(Self.schema), is: "schema.sql")
        }
    }

    @Test("a database that was brought here step by step has the same schema as a new one")
    func migrated() async throws {
        try await TemporaryStore.with { fresh in
            try await fresh.withStore { _ in }
            let (schema, steps) = try fresh.withConnection { (try Self.schema($0), try Self.migrations($0)) }
            for count in 0..<steps.count {
                try await TemporaryStore.with { older in
                    _ = try older.withConnection {
                        try Migrator(Array(steps[..<count]), applicationID: Schema.applicationID).apply(
                            on: $0, nowMilliseconds: 0)
                    }
                    try await older.withStore { _ in }
                    #expect(try older.withConnection(Self.schema) == schema, "from version \(count)")
                }
            }
        }
    }

    @Test("a newer schema is refused, and the file is left as it was")
    func newer() async throws {
        try await TemporaryStore.with { temporary in
            try await temporary.withStore { _ in }
            try temporary.withConnection { _ = try $0.run("PRAGMA user_version = 99") }
            #expect(throws: MigrationError.self) { try temporary.open() }
            #expect(try temporary.withConnection { try $0.first("PRAGMA user_version") { $0.int(0) } } == 99)
        }
    }

    @Test("a file of another program is refused")
    func foreign() async throws {
        try await TemporaryStore.with { temporary in
            try temporary.withConnection { try $0.execute("CREATE TABLE recipes (name TEXT)") }
            #expect(throws: MigrationError.self) { try temporary.open() }
        }
    }

    @Test("what can't be true is refused by the rows themselves", arguments: Self.violations)
    func refused(_ sql: String, _ constraint: SQLiteError.Constraint) async throws {
        try await TemporaryStore.with { temporary in
            try temporary.withConnection { connection in
                try Schema.migrator.apply(on: connection, nowMilliseconds: 0)
                try connection.execute(Self.rows)
                let error = #expect(throws: SQLiteError.self) { try connection.execute(sql) }
                #expect(error?.isConstraint(constraint) == true, "\(String(describing: error))")
            }
        }
    }

    @Test("a tenant takes another cell with the next epoch")
    func cutover() async throws {
        try await TemporaryStore.with { temporary in
            try temporary.withConnection { connection in
                try Schema.migrator.apply(on: connection, nowMilliseconds: 0)
                try connection.execute(Self.rows)
                let moved = try connection.run(
                    "UPDATE tenants SET cell = 'cell-2', epoch = 4 WHERE id = 'acme'")
                #expect(moved == 1)
            }
        }
    }

    private static let zeros = "X'\(String(repeating: "0", count: 64))'"

    private static let rows = """
        INSERT INTO cells VALUES ('cell-1', 'a', 'active', 1, 10, 5, 1, 0, 0, NULL, '{}', 1, 0, 0, 'unknown');
        INSERT INTO cells VALUES ('cell-2', 'a', 'active', 1, 10, 0, 0, 0, 0, NULL, '{}', 2, 0, 0, 'unknown');
        INSERT INTO tenants VALUES ('acme', 'cell-1', 3, 'serving', 5, 0, '[]', NULL, NULL, 3, 0, 0);
        INSERT INTO hosts VALUES ('a.com', 'acme');
        INSERT INTO audit_events VALUES (1, 0, 'x', 'x', 'cell', 'cell-1', NULL, 0, 1, '', '', '', \(zeros));
        INSERT INTO audit_events VALUES (2, 0, 'x', 'x', 'cell', 'cell-2', NULL, 0, 1, '', '', '', \(zeros));
        INSERT INTO lineage VALUES (1, 'abcdefgh2345', 0);
        INSERT INTO tokens VALUES ('t', \(zeros), 'viewer', NULL, 0, NULL, 1);
        INSERT INTO operations VALUES (1, 'drain-abcdefgh2345', 'drain', 'running', 0, '/v1/cells/cell-1', '{}', 2, 0, 0,
            '[]', '{}', 'x', '', 0, 9, 0, NULL, 1);
        INSERT INTO batches VALUES (1, 1, 'announced', 'cell-1', 1, 0, 0, 2, NULL, NULL, NULL, 0, NULL, NULL, '{}', NULL,
            '', 0, NULL, NULL, NULL, NULL);
        INSERT INTO moves VALUES (1, 'acme', 1, 'cell-1', 'cell-2', 5, 0, 3, 'moving', '');
        """

    private static func cell(_ values: String) -> String {
        "INSERT INTO cells VALUES ('cell-3', 'a', \(values), '{}', 1, 0, 0, 'unknown')"
    }
    private static func event(_ values: String) -> String { "INSERT INTO audit_events VALUES (\(values))" }

    private static let violations: [(String, SQLiteError.Constraint)] = [
        // Cells
        ("UPDATE cells SET load = 11 WHERE id = 'cell-1'", .check),
        ("UPDATE cells SET load = -1 WHERE id = 'cell-1'", .check),
        ("UPDATE cells SET tenants = -1 WHERE id = 'cell-1'", .check),
        ("UPDATE cells SET capacity = 4 WHERE id = 'cell-1'", .check),
        ("UPDATE cells SET capacity = -1 WHERE id = 'cell-2'", .check),
        ("UPDATE cells SET state = 'gone' WHERE id = 'cell-2'", .check),
        ("UPDATE cells SET schedulable = 2 WHERE id = 'cell-2'", .check),
        ("UPDATE cells SET revision = 0 WHERE id = 'cell-2'", .check),
        ("UPDATE cells SET tenants = 2, dedicated_to = 'acme' WHERE id = 'cell-1'", .check),
        ("UPDATE cells SET state = 'retired', schedulable = 0 WHERE id = 'cell-1'", .check),
        ("UPDATE cells SET state = 'drained', schedulable = 0 WHERE id = 'cell-1'", .check),
        ("UPDATE cells SET state = 'provisioning' WHERE id = 'cell-1'", .check),
        ("UPDATE cells SET state = 'draining' WHERE id = 'cell-1'", .check),
        ("UPDATE cells SET state = 'retired' WHERE id = 'cell-2'", .check),
        ("UPDATE cells SET capacity = 'much' WHERE id = 'cell-2'", .datatype),
        ("UPDATE cells SET zone = NULL WHERE id = 'cell-2'", .notNull),
        (cell("'active', 1, 1, 2, 1, 0, 0, NULL"), .check),
        // Nobody takes a place that is reserved.
        ("UPDATE cells SET reserved = 6 WHERE id = 'cell-1'", .check),
        ("UPDATE cells SET reserved = -1 WHERE id = 'cell-1'", .check),
        ("UPDATE cells SET incoming = 2, dedicated_to = 'acme' WHERE id = 'cell-2'", .check),
        ("DELETE FROM cells WHERE id = 'cell-1'", .trigger),
        // Tenants
        ("UPDATE tenants SET cell = 'cell-2' WHERE id = 'acme'", .trigger),
        ("UPDATE tenants SET cell = 'cell-2', epoch = 5 WHERE id = 'acme'", .trigger),
        ("UPDATE tenants SET cell = 'cell-2', epoch = 2 WHERE id = 'acme'", .trigger),
        ("UPDATE tenants SET epoch = 2 WHERE id = 'acme'", .trigger),
        ("UPDATE tenants SET cell = 'cell-9', epoch = 4 WHERE id = 'acme'", .foreignKey),
        ("UPDATE tenants SET state = 'asleep' WHERE id = 'acme'", .check),
        ("UPDATE tenants SET load = -1 WHERE id = 'acme'", .check),
        ("UPDATE tenants SET pinned = 2 WHERE id = 'acme'", .check),
        (
            "INSERT INTO tenants VALUES ('b', 'cell-9', 1, 'serving', 1, 0, '[]', NULL, NULL, 1, 0, 0)",
            .foreignKey
        ),
        ("INSERT INTO tenants VALUES ('b', 'cell-1', 0, 'serving', 1, 0, '[]', NULL, NULL, 1, 0, 0)", .check),
        ("INSERT INTO hosts VALUES ('a.com', 'b')", .unique),
        // The audit
        ("UPDATE audit_events SET reason = 'better'", .trigger),
        ("UPDATE audit_events SET routing = 0 WHERE revision = 1", .trigger),
        ("DELETE FROM audit_events WHERE revision = 2", .trigger),
        (event("4, 0, 'x', 'x', 'cell', 'c', NULL, 0, 0, '', '', '', \(zeros)"), .trigger),
        (event("2, 0, 'x', 'x', 'cell', 'c', NULL, 0, 0, '', '', '', \(zeros)"), .trigger),
        (event("3, 0, 'x', 'x', 'cell', 'c', NULL, 3, 0, '', '', '', \(zeros)"), .check),
        (event("3, 0, 'x', 'x', 'cell', 'c', NULL, -1, 0, '', '', '', \(zeros)"), .check),
        (event("3, 0, 'x', 'x', '', 'c', NULL, 0, 0, '', '', '', \(zeros)"), .check),
        (event("3, 0, 'x', 'x', 'cell', 'c', NULL, 0, 2, '', '', '', \(zeros)"), .check),
        (event("3, 0, 'x', 'x', 'cell', 'c', NULL, 0, 0, '', '', '', X'00'"), .check),
        // Moving tenants
        ("UPDATE operations SET completed = 3", .check),
        ("UPDATE operations SET state = 'succeeded'", .check),
        ("UPDATE operations SET ended_at_ms = 1", .check),
        ("UPDATE operations SET state = 'paused', cancelling = 1", .check),
        ("UPDATE operations SET kind = 'shuffle'", .check),
        ("UPDATE batches SET moved = 2", .check),
        ("UPDATE batches SET announced = NULL", .check),
        ("UPDATE batches SET state = 'freezing', frozen = 3", .check),
        ("UPDATE batches SET state = 'cutover', frozen = 3, freeze_deadline_ms = 9", .check),
        ("UPDATE batches SET state = 'confirming', held_by = 'seal'", .check),
        ("UPDATE batches SET held_by = 'nobody'", .check),
        (
            "INSERT INTO batches SELECT 2, number, state, source, tenants, moved, failed, announced, frozen, cutover, freeze_deadline_ms, attempt, not_before_ms, held_by, barrier, phase, message, began_at_ms, frozen_at_ms, cutover_at_ms, settled_at_ms, window_ends_at_ms FROM batches",
            .foreignKey
        ),
        ("UPDATE moves SET target = 'cell-1'", .check),
        ("UPDATE moves SET state = 'lost'", .check),
        (
            "INSERT INTO operations SELECT 2, 'drain-bcdefgh23456', kind, state, cancelling, resource, spec, total, completed, failed, blockers, evidence, actor, reason, created_at_ms, deadline_at_ms, updated_at_ms, ended_at_ms, revision FROM operations; INSERT INTO moves VALUES (2, 'acme', 1, 'cell-1', 'cell-3', 5, 0, 3, 'planned', '')",
            .unique
        ),
        ("INSERT INTO policies VALUES (2, '{}', 1, 0)", .check),
        // The rest
        ("INSERT INTO lineage VALUES (2, 'abcdefgh2345', 0)", .check),
        ("UPDATE lineage SET incarnation = 'short'", .check),
        ("INSERT INTO tokens VALUES ('u', \(zeros), 'viewer', NULL, 0, NULL, 1)", .unique),
        ("UPDATE tokens SET role = 'cell'", .check),
        ("UPDATE tokens SET cell = 'cell-1'", .check),
        ("UPDATE tokens SET role = 'root'", .check),
        ("UPDATE tokens SET hash = X'00'", .check),
        ("INSERT INTO gateways VALUES ('g', 0, 0, 'abcdefgh2345', NULL, '', '')", .check),
        ("INSERT INTO gateways VALUES ('g', 0, 0, NULL, 1, '', '')", .check),
        ("INSERT INTO idempotency_keys VALUES ('p', 'k', X'00', 200, '', X'', 0)", .check),
    ]

    private static func schema(_ connection: Connection) throws -> String {
        try connection.query(
            "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY tbl_name, type DESC, name"
        ) { $0.text(0) + ";\n" }.joined(separator: "\n")
    }

    private static func migrations(_ connection: Connection) throws -> [Migration] {
        try connection.query("SELECT version, name, sql FROM schema_migrations ORDER BY version") {
            Migration(version: $0.int(0), name: $0.text(1), sql: $0.text(2))
        }
    }
}
