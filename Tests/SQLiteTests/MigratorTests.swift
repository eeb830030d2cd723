import Testing

@testable import SQLite

@Suite struct MigratorTests {
    private static let first = Migration(
        version: 1, name: "cells", sql: "CREATE TABLE cells (id TEXT PRIMARY KEY) STRICT")
    private static let second = Migration(
        version: 2, name: "labels",
        sql: "ALTER TABLE cells ADD COLUMN labels TEXT; CREATE INDEX by_labels ON cells (labels)")
    private static let applicationID: Int32 = 0x7469_746e

    private func migrator(_ migrations: [Migration]) -> Migrator {
        Migrator(migrations, applicationID: Self.applicationID)
    }

    private func schema(of connection: Connection) throws -> [String] {
        try connection.query("SELECT name FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name") {
            $0.text(0)
        }
    }

    @Test("a fresh file gets all migrations, each recorded with its text and time")
    func fresh() async throws {
        try await Scratch.withConnection { connection in
            let migrator = migrator([Self.first, Self.second])
            try #expect(
                migrator.status(of: connection) == .init(version: 0, pending: [Self.first, Self.second]))
            try #expect(migrator.apply(on: connection, nowMilliseconds: 1_700_000_000_000) == [1, 2])
            try #expect(migrator.status(of: connection) == .init(version: 2, pending: []))
            try #expect(schema(of: connection) == ["by_labels", "cells", "schema_migrations"])
            let records = try connection.query(
                "SELECT version, name, sql, applied_at_ms FROM schema_migrations"
            ) {
                [$0.text(1), $0.text(2), "\($0.int(0)) \($0.int64(3))"]
            }
            #expect(
                records == [
                    ["cells", Self.first.sql, "1 1700000000000"],
                    ["labels", Self.second.sql, "2 1700000000000"],
                ])
            try #expect(connection.first("PRAGMA application_id") { $0.int(0) } == Int(Self.applicationID))
            try #expect(connection.first("PRAGMA foreign_keys") { $0.bool(0) } == true)
        }
    }

    @Test("a file that is behind gets what it lacks, and one that is not gets nothing")
    func incremental() async throws {
        try await Scratch.withConnection { connection in
            try #expect(migrator([Self.first]).apply(on: connection, nowMilliseconds: 1) == [1])
            let both = migrator([Self.first, Self.second])
            try #expect(both.status(of: connection) == .init(version: 1, pending: [Self.second]))
            try #expect(both.apply(on: connection, nowMilliseconds: 2) == [2])
            try #expect(both.apply(on: connection, nowMilliseconds: 3) == [])
        }
    }

    @Test("a file that a newer program has migrated is refused")
    func newer() async throws {
        try await Scratch.withConnection { connection in
            try migrator([Self.first, Self.second]).apply(on: connection, nowMilliseconds: 1)
            #expect(throws: MigrationError.newerSchema(version: 2, known: 1)) {
                try migrator([Self.first]).apply(on: connection, nowMilliseconds: 2)
            }
        }
    }

    @Test("a migration whose text has changed since it was applied is refused by name")
    func changed() async throws {
        try await Scratch.withConnection { connection in
            try migrator([Self.first]).apply(on: connection, nowMilliseconds: 1)
            let edited = Migration(version: 1, name: "cells", sql: Self.first.sql + " ")
            #expect(throws: MigrationError.changed(version: 1, name: "cells")) {
                try migrator([edited, Self.second]).apply(on: connection, nowMilliseconds: 2)
            }
            try #expect(schema(of: connection) == ["cells", "schema_migrations"])
        }
    }

    @Test("a gap in the versions, or a wrong start, traps", arguments: [[1, 3], [2], [2, 1], [1, 1]])
    func gap(versions: [Int]) async {
        await #expect(processExitsWith: .failure) { [versions] in
            _ = Migrator(versions.map { Migration(version: $0, name: "", sql: "") }, applicationID: 1)
        }
    }

    @Test("a record with a gap, or none, is refused", arguments: ["version = 1", "true"])
    func recordGap(condition: String) async throws {
        try await Scratch.withConnection { connection in
            let migrator = migrator([Self.first, Self.second])
            try migrator.apply(on: connection, nowMilliseconds: 1)
            try connection.run("DELETE FROM schema_migrations WHERE \(condition)")
            #expect(throws: MigrationError.recordsDisagree(version: 2)) {
                try migrator.status(of: connection)
            }
        }
    }

    @Test("a file of another program is refused, and so is one with tables and no owner")
    func foreign() async throws {
        try await Scratch.withConnection { connection in
            try connection.execute("PRAGMA application_id = 5")
            #expect(throws: MigrationError.foreignFile(applicationID: 5)) {
                try migrator([Self.first]).apply(on: connection, nowMilliseconds: 1)
            }
            try connection.execute("PRAGMA application_id = 0; CREATE TABLE somebodys (a)")
            #expect(throws: MigrationError.foreignFile(applicationID: 0)) {
                try migrator([Self.first]).apply(on: connection, nowMilliseconds: 1)
            }
        }
    }

    @Test("a migration that fails leaves the schema at the last that did not")
    func failing() async throws {
        try await Scratch.withConnection { connection in
            let broken = Migration(
                version: 2, name: "broken", sql: "CREATE TABLE half (a); CREATE TABLE cells (a)")
            #expect(throws: SQLiteError.self) {
                try migrator([Self.first, broken]).apply(on: connection, nowMilliseconds: 1)
            }
            try #expect(schema(of: connection) == ["cells", "schema_migrations"])
            try #expect(connection.first("PRAGMA user_version") { $0.int(0) } == 1)
            try #expect(connection.first("PRAGMA foreign_keys") { $0.bool(0) } == true)
            try #expect(migrator([Self.first, Self.second]).apply(on: connection, nowMilliseconds: 2) == [2])
        }
    }

    @Test("a table can be rebuilt though others refer to it, but not so that they refer to nothing")
    func references() async throws {
        try await Scratch.withConnection { connection in
            let tables = Migration(
                version: 1, name: "tables",
                sql: """
                    CREATE TABLE parent (k INTEGER PRIMARY KEY);
                    CREATE TABLE child (parent INTEGER REFERENCES parent ON DELETE CASCADE);
                    INSERT INTO parent VALUES (1); INSERT INTO child VALUES (1)
                    """)
            let rebuilt = Migration(
                version: 2, name: "rebuilt",
                sql: """
                    CREATE TABLE new (k INTEGER PRIMARY KEY, more TEXT);
                    INSERT INTO new SELECT k, 'x' FROM parent;
                    DROP TABLE parent; ALTER TABLE new RENAME TO parent
                    """)
            let emptied = Migration(version: 3, name: "emptied", sql: "DELETE FROM parent")
            try #expect(migrator([tables, rebuilt]).apply(on: connection, nowMilliseconds: 1) == [1, 2])
            try #expect(connection.first("SELECT count(*) FROM child") { $0.int(0) } == 1)
            let error = #expect(throws: MigrationError.self) {
                try migrator([tables, rebuilt, emptied]).apply(on: connection, nowMilliseconds: 2)
            }
            #expect(
                error
                    == .brokenReferences(
                        version: 3, name: "emptied",
                        problems: ["child: row 1 refers to a missing one of parent"]))
        }
    }
}
