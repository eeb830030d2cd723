import SQLite
import Testing

@Suite struct SQLiteErrorTests {
    @Test(
        "each broken rule is told from the others",
        arguments: [
            ("INSERT INTO x VALUES (1, 'a', 1, NULL)", SQLiteError.Constraint.unique),
            ("INSERT INTO x VALUES (2, 'used', 1, NULL)", .unique),
            ("INSERT INTO x VALUES (2, NULL, 1, NULL)", .notNull),
            ("INSERT INTO x VALUES (2, 'a', -1, NULL)", .check),
            ("INSERT INTO x VALUES (2, 'a', 'many', NULL)", .datatype),
            ("INSERT INTO x VALUES (2, 'a', 1, 99)", .foreignKey),
            ("INSERT INTO x VALUES (2, 'a', 13, NULL)", .trigger),
            ("INSERT INTO w VALUES ('a')", .unique),
        ])
    func constraints(sql: String, expected: SQLiteError.Constraint) async throws {
        try await Scratch.withConnection { connection in
            try connection.execute(
                """
                CREATE TABLE x (
                    k INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, n INTEGER CHECK (n > 0),
                    parent INTEGER REFERENCES x (k)) STRICT;
                CREATE TRIGGER unlucky BEFORE INSERT ON x WHEN new.n = 13
                    BEGIN SELECT RAISE(ABORT, 'thirteen'); END;
                CREATE TABLE w (k TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
                INSERT INTO x VALUES (1, 'used', 1, NULL);
                INSERT INTO w VALUES ('a')
                """)
            let error = #expect(throws: SQLiteError.self) { try connection.run(sql) }
            let kinds: [SQLiteError.Constraint] = [
                .unique, .foreignKey, .check, .notNull, .trigger, .datatype,
            ]
            #expect(error.map { error in kinds.filter(error.isConstraint) } == [expected])
            #expect(error?.sql == sql)
            #expect(error?.isFatal == false && error?.isDiskFull == false)
            if expected == .trigger { #expect(error?.message == "thirteen") }
        }
    }

    @Test("what the extended codes add does not hide what they mean")
    func extendedCodes() {
        func error(_ code: Int32) -> SQLiteError { SQLiteError(code: code, message: "") }
        // IOERR_FSYNC, CORRUPT_INDEX, NOTADB, BUSY_SNAPSHOT, FULL, INTERRUPT
        #expect(
            [1034, 779, 26, 517, 13, 9].map { error($0).isFatal } == [true, true, true, false, false, false])
        #expect(error(517).isBusy && error(13).isDiskFull && error(9).isInterrupted)
    }

    @Test("a file that is no database is fatal")
    func notADatabase() async throws {
        try await Scratch.with { scratch in
            try scratch.write(String(repeating: "no database. ", count: 100))
            let error = #expect(throws: SQLiteError.self) {
                try Connection(path: scratch.path, mode: .writer)
            }
            #expect(error?.isFatal == true)
        }
    }
}
