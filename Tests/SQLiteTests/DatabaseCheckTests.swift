import SQLite
import Testing

@Suite struct DatabaseCheckTests {
    @Test("a sound database has no problems")
    func sound() async throws {
        try await Scratch.withDatabase { database in
            try #expect(database.quickCheck().isEmpty)
            try #expect(database.integrityCheck().isEmpty)
            try #expect(database.foreignKeyCheck().isEmpty)
        }
    }

    @Test("a row that refers to a missing one is named")
    func brokenReference() async throws {
        try await Scratch.with { scratch in
            let configure = { (configuration: inout Database.Configuration) in
                configuration.prepare = {
                    try $0.execute(
                        """
                        CREATE TABLE parent (k INTEGER PRIMARY KEY);
                        CREATE TABLE child (parent INTEGER REFERENCES parent);
                        PRAGMA foreign_keys = OFF; INSERT INTO child VALUES (9); PRAGMA foreign_keys = ON
                        """)
                }
            }
            try await scratch.withDatabase(configure) { database in
                try #expect(database.foreignKeyCheck() == ["child: row 1 refers to a missing one of parent"])
                try #expect(database.integrityCheck().isEmpty)
            }
        }
    }

    @Test("an index that disagrees with its table is found by the integrity check")
    func damagedIndex() async throws {
        try await Scratch.with { scratch in
            try await scratch.withDatabase { database in
                try database.writeSync {
                    try $0.execute("CREATE INDEX i ON t (v); INSERT INTO t VALUES (1, 'needle')")
                }
            }
            try scratch.replaceLast("needle", by: "noodle")
            try await scratch.withDatabase { database in
                try #expect(!database.integrityCheck().isEmpty)
            }
        }
    }
}
