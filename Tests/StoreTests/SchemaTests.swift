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
        INSERT INTO cells VALUES ('cell-1', 'a', 'active', 1, 10, 5, 1, NULL, '{}', 1, 0, 0);
        INSERT INTO cells VALUES ('cell-2', 'a', 'active', 1, 10, 0, 0, NULL, '{}', 2, 0, 0);
        INSERT INTO tenants VALUES ('acme', 'cell-1', 3, 'serving', 5, 0, '[]', NULL, NULL, 3, 0, 0);
        INSERT INTO hosts VALUES ('a.com', 'acme');
        INSERT INTO audit_events VALUES (1, 0, 'x', 'x', 'cell', 'cell-1', NULL, 0, 1, '', '', '', \(zeros));
        INSERT INTO audit_events VALUES (2, 0, 'x', 'x', 'cell', 'cell-2', NULL, 0, 1, '', '', '', \(zeros));
        INSERT INTO lineage VALUES (1, 'abcdefgh2345', 0);
        INSERT INTO tokens VALUES ('t', \(zeros), 'viewer', NULL, 0, NULL, 1);
        """

    private static func cell(_ values: String) -> String {
        "INSERT INTO cells VALUES ('cell-3', 'a', \(values), '{}', 1, 0, 0)"
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
        (cell("'active', 1, 1, 2, 1, NULL"), .check),
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
        (event("3, 0, 'x', 'x', 'shop', 'c', NULL, 0, 0, '', '', '', \(zeros)"), .check),
        (event("3, 0, 'x', 'x', 'cell', 'c', NULL, 0, 2, '', '', '', \(zeros)"), .check),
        (event("3, 0, 'x', 'x', 'cell', 'c', NULL, 0, 0, '', '', '', X'00'"), .check),
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
