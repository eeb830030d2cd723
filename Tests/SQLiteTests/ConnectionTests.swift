import CSQLiteFaults
import Glibc
import SQLite
import Testing

@Suite struct ConnectionTests {
    @Test("the settings are what the design asks for")
    func settings() async throws {
        try await Scratch.withConnection { connection in
            func number(_ pragma: String) throws -> Int? {
                try connection.first("PRAGMA \(pragma)") { $0.int(0) }
            }
            try #expect(connection.first("PRAGMA journal_mode") { $0.text(0) } == "wal")
            try #expect(number("synchronous") == 2)
            try #expect(number("wal_autocheckpoint") == 0)
            try #expect(number("foreign_keys") == 1)
            try #expect(number("trusted_schema") == 0)
            try #expect(number("cell_size_check") == 1)
            try #expect(number("temp_store") == 2)
            try #expect(number("journal_size_limit") == 64 << 20)
            try #expect(number("busy_timeout") == 5_000)
            try #expect(number("cache_size") == -16_384)
        }
    }

    @Test("a reader can't write, and neither can an inspector")
    func readOnly() async throws {
        try await Scratch.with { scratch in
            let writer = try Connection(path: scratch.path, mode: .writer)
            try writer.execute("CREATE TABLE x (a)")
            for mode in [Connection.Mode.reader, .inspector] {
                let connection = try Connection(path: scratch.path, mode: mode)
                #expect(throws: SQLiteError.self) { try connection.run("INSERT INTO x VALUES (1)") }
                try #expect(connection.first("SELECT count(*) FROM x") { $0.int(0) } == 0)
            }
            #expect(writer.mode == .writer)
        }
    }

    @Test("a string in double quotes is not taken for a value, and no file can be attached")
    func hardened() async throws {
        try await Scratch.withConnection { connection in
            #expect(throws: SQLiteError.self) { try connection.run("SELECT \"no such column\"") }
            #expect(throws: SQLiteError.self) { try connection.run("ATTACH ':memory:' AS other") }
            #expect(throws: SQLiteError.self) { try connection.run("SELECT load_extension('x')") }
        }
    }

    @Test("run tells how many rows it changed, and nothing of an earlier statement")
    func changedRows() async throws {
        try await Scratch.withConnection { connection in
            try #expect(connection.run("CREATE TABLE x (a INTEGER PRIMARY KEY)") == 0)
            try #expect(connection.run("INSERT INTO x VALUES (5), (6), (7)") == 3)
            #expect(connection.lastInsertRowID == 7)
            try #expect(connection.run("UPDATE x SET a = a + 10 WHERE a > 5") == 2)
            #expect(connection.changes == 2)
            try #expect(connection.run("UPDATE x SET a = 0 WHERE a = 99") == 0)
            try #expect(connection.run("SELECT 1") == 0)
        }
    }

    @Test("a statement can run within itself")
    func nested() async throws {
        try await Scratch.withConnection { connection in
            let sql = "SELECT value FROM json_each('[1, 2, 3]')"
            let pairs = try connection.query(sql) { outer in
                let inner = try connection.query(sql) { $0.int(0) }
                return (outer.int(0), inner)
            }
            #expect(pairs.map(\.0) == [1, 2, 3])
            #expect(pairs.allSatisfy { $0.1 == [1, 2, 3] })
        }
    }

    @Test("first takes one row, and a change with RETURNING is whole all the same")
    func firstOfChange() async throws {
        try await Scratch.withConnection { connection in
            try connection.execute("CREATE TABLE x (a INTEGER)")
            let first = try connection.first("INSERT INTO x VALUES (1), (2), (3) RETURNING a") { $0.int(0) }
            #expect(first == 1)
            try #expect(connection.first("SELECT count(*) FROM x") { $0.int(0) } == 3)
            try #expect(connection.first("SELECT a FROM x WHERE a > 9") { $0.int(0) } == nil)
        }
    }

    @Test("a closure that throws ends the statement")
    func throwingRow() async throws {
        struct Stop: Error {}
        try await Scratch.withConnection { connection in
            let sql = "SELECT value FROM json_each('[1, 2, 3]')"
            var seen: [Int] = []
            #expect(throws: Stop.self) {
                try connection.forEach(sql) { row in
                    seen.append(row.int(0))
                    if seen.count == 2 { throw Stop() }
                }
            }
            #expect(seen == [1, 2])
            try #expect(connection.query(sql) { $0.int(0) } == [1, 2, 3])
        }
    }

    @Test("more statements than the cache holds all work")
    func manyStatements() async throws {
        try await Scratch.withConnection { connection in
            for round in 0..<2 {
                for n in 0..<600 {
                    try #expect(connection.first("SELECT \(n) + $1", round) { $0.int(0) } == n + round)
                }
            }
        }
    }

    @Test("a statement survives a change of the schema under it")
    func schemaChange() async throws {
        try await Scratch.withConnection { connection in
            try connection.execute("CREATE TABLE x (a); INSERT INTO x VALUES ('kept')")
            try #expect(connection.query("SELECT a FROM x") { $0.text(0) } == ["kept"])
            try connection.execute("ALTER TABLE x ADD COLUMN b")
            try #expect(connection.query("SELECT a FROM x") { $0.text(0) } == ["kept"])
        }
    }

    @Test("the file is its owner's alone, and so is its log")
    func permissions() async throws {
        try await Scratch.with { scratch in
            let connection = try Connection(path: scratch.path, mode: .writer)
            try connection.execute("CREATE TABLE x (a)")
            for name in scratch.names {
                var status = stat()
                #expect(stat(scratch.folder + "/" + name, &status) == 0)
                #expect(status.st_mode & 0o777 == 0o600, "\(name)")
            }
            #expect(scratch.names == ["test.db", "test.db-shm", "test.db-wal", "test.db.lock"])
        }
    }

    @Test("a link in place of the file is refused, a link on the way to its folder is followed")
    func links() async throws {
        try await Scratch.with { scratch in
            try #require(symlink("elsewhere.db", scratch.path) == 0)
            #expect(throws: SQLiteError.self) { try Connection(path: scratch.path, mode: .writer) }
            try #require(symlink(scratch.folder, scratch.folder + "/link") == 0)
            _ = try Connection(path: scratch.folder + "/link/other.db", mode: .writer)
            #expect(scratch.names.contains("other.db"))
        }
    }

    @Test("a folder that is not there is an error that names it")
    func missingFolder() {
        let error = #expect(throws: FileError.self) {
            try Connection(path: "/nowhere/at/all.db", mode: .writer)
        }
        #expect(error?.path == "/nowhere/at")
    }

    @Test("a journal mode other than WAL is refused, though SQLite itself says nothing")
    func journalMode() async throws {
        try await Scratch.with { scratch in
            try scratch.installFaults()
            try scratch.fail(CSQLITE_FAULT_NO_SHARED_MEMORY)
            let error = #expect(throws: JournalModeRefused.self) {
                try Connection(path: scratch.folder + "/test.db", mode: .writer)
            }
            #expect(error?.mode == "delete")
            #expect(scratch.faultsStruck > 0)
        }
    }
}
