import Glibc
import SQLite
import Testing

@Suite struct DatabaseBackupTests {
    @Test("a backup made under load is whole, and agrees with one moment")
    func underLoad() async throws {
        try await Scratch.with { scratch in
            let copies = (0..<3).map { scratch.folder + "/copy\($0).db" }
            try await scratch.withDatabase { database in
                let end = Gate()
                async let written = database.keepWriting(until: end)
                #expect(try await eventually { try database.count() > 20 })
                for copy in copies { try database.backup(to: copy) }
                end.open()
                #expect(try await written > 20)
            }
            for copy in copies {
                try #expect(Database.problems(inCopyAt: copy).isEmpty)
                let connection = try Connection(path: copy, mode: .inspector)
                let summary = try connection.first("SELECT count(*), count(DISTINCT v), max(k) FROM t") {
                    [$0.int(0), $0.int(1), $0.int(2)]
                }
                // Each write inserts two rows with a value of their own.
                let rows = try #require(summary)
                #expect(rows[0] > 20 && rows[0] == 2 * rows[1] && rows[2] == rows[0] - 1)
            }
            #expect(
                scratch.names == ["copy0.db", "copy1.db", "copy2.db"]
                    + scratch.names.filter { $0.hasPrefix("test") })
        }
    }

    @Test("a backup can be opened as a database, with its rows and its numbers")
    func restore() async throws {
        try await Scratch.with { scratch in
            try await scratch.withDatabase { database in
                _ = try await database.write { try $0.run("INSERT INTO t VALUES (1, 'kept')") }
                _ = try await database.write {
                    try $0.execute("PRAGMA user_version = 7; PRAGMA application_id = 9")
                }
                try database.backup(to: scratch.folder + "/copy.db")
            }
            #expect(scratch.sizeBytes("copy.db").map { $0 > 0 } == true)
            try await Scratch.with { other in
                try #require(rename(scratch.folder + "/copy.db", other.path) == 0)
                try await other.withDatabase { database in
                    try #expect(database.count() == 1)
                    let numbers = try database.read { connection in
                        try ["user_version", "application_id"].map { name in
                            try connection.first("PRAGMA \(name)") { $0.int(0) }
                        }
                    }
                    #expect(numbers == [7, 9])
                }
            }
        }
    }

    @Test("a backup is readable by its owner alone, and never replaces a file")
    func existingTarget() async throws {
        try await Scratch.withDatabaseAndFolder { scratch, database in
            let copy = scratch.folder + "/copy.db"
            try database.backup(to: copy)
            var status = stat()
            try #require(stat(copy, &status) == 0)
            #expect(status.st_mode & 0o777 == 0o600)
            let error = #expect(throws: FileError.self) { try database.backup(to: copy) }
            #expect(error?.errno == EEXIST)
            #expect(throws: FileError.self) { try database.backup(to: scratch.folder + "/nowhere/copy.db") }
            #expect(!scratch.names.contains { $0.contains("partial") })
        }
    }
}

extension Scratch {
    fileprivate static func withDatabaseAndFolder(
        _ body: (Scratch, Database) async throws -> Void
    ) async throws {
        try await with { scratch in try await scratch.withDatabase { try await body(scratch, $0) } }
    }
}

extension Database {
    /// Writes two rows at a time, numbered from zero.
    /// - Returns: how many rows there are at the end.
    fileprivate func keepWriting(until end: Gate) async throws -> Int {
        var rows = 0
        while !end.isPassable {
            let next = rows
            rows += try await write { connection in
                try connection.run("INSERT INTO t VALUES ($1, $3), ($2, $3)", next, next + 1, "\(next)")
            }
        }
        return rows
    }
}
