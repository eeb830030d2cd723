import Glibc
import SQLite
import Testing

@Suite struct DatabaseReadTests {
    @Test("a read sees one snapshot, whatever is written meanwhile, and the next one sees it all")
    func snapshot() async throws {
        try await Scratch.withDatabase { database in
            try database.writeSync { _ = try $0.run("INSERT INTO t VALUES (1, 'old')") }
            let seen = try database.read { connection in
                let before = try connection.query("SELECT v FROM t") { $0.text(0) }
                try database.writeSync { _ = try $0.run("UPDATE t SET v = 'new'") }
                try database.writeSync { _ = try $0.run("INSERT INTO t VALUES (2, 'new')") }
                return (before, try connection.query("SELECT v FROM t") { $0.text(0) })
            }
            #expect(seen == (["old"], ["old"]))
            try #expect(database.count() == 2)
        }
    }

    @Test("a statement that runs past the limit is stopped, and the reader is good for the next read")
    func timeLimit() async throws {
        try await Scratch.withDatabase({ $0.readersMax = 1 }) { database in
            let endless =
                "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
            let error = #expect(throws: ReadTimeLimitExceeded.self) {
                try database.read(timeLimit: .milliseconds(50)) { try $0.first(endless) { $0.int(0) } }
            }
            #expect(error?.limit == .milliseconds(50))
            try #expect(database.count() == 0)
        }
    }

    @Test("many short statements are stopped by the limit as well, even if the body takes no notice")
    func timeLimitBetweenStatements() async throws {
        try await Scratch.withDatabase { database in
            #expect(throws: ReadTimeLimitExceeded.self) {
                try database.read(timeLimit: .milliseconds(20)) { connection in
                    _ = try connection.first("SELECT 1") { $0.int(0) }
                    usleep(30_000)
                    _ = try? connection.first("SELECT 1") { $0.int(0) }
                }
            }
            try #expect(database.count() == 0)
        }
    }

    @Test("a caller may name a longer limit than the usual one")
    func longerLimit() async throws {
        try await Scratch.withDatabase({ $0.readTimeLimit = .zero }) { database in
            let one = try database.read(timeLimit: .seconds(60)) { connection in
                usleep(1_000)
                return try connection.first("SELECT 1") { $0.int(0) }
            }
            #expect(one == 1)
        }
    }

    @Test("when all readers are out, a read waits for one, but not for ever")
    func pool() async throws {
        try await Scratch.withDatabase({ $0.readersMax = 1 }) { database in
            try database.read { _ in
                let error = #expect(throws: DatabaseOverloaded.self) {
                    try database.read(timeLimit: .milliseconds(20)) { _ in }
                }
                #expect(error?.cause == .readersBusy)
            }
            let results = try await withThrowingTaskGroup(of: Int.self) { group in
                for n in 0..<20 {
                    group.addTask {
                        try database.read(timeLimit: .seconds(60)) { connection in
                            usleep(1_000)
                            return try connection.first("SELECT $1", n) { $0.int(0) } ?? -1
                        }
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(results.sorted() == Array(0..<20))
        }
    }

    @Test("a body that throws ends its read, and what it throws comes out")
    func throwing() async throws {
        struct Stop: Error {}
        try await Scratch.withDatabase({ $0.readersMax = 1 }) { database in
            for _ in 0..<3 {
                #expect(throws: Stop.self) {
                    try database.read { connection in
                        _ = try connection.first("SELECT count(*) FROM t") { $0.int(0) }
                        throw Stop()
                    }
                }
            }
            try #expect(database.read { try $0.run("SELECT 1") } == 0)
            #expect(throws: SQLiteError.self) { try database.read { try $0.run("DELETE FROM t") } }
        }
    }

    @Test("reads and writes at once never see half a write")
    func readsAmongWrites() async throws {
        try await Scratch.withDatabase { database in
            try database.writeSync { _ = try $0.run("INSERT INTO t VALUES (1, '0'), (2, '0')") }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for n in 1...200 {
                    group.addTask {
                        _ = try await database.write { connection in
                            try connection.run("UPDATE t SET v = $1 WHERE k = 1", String(n))
                            return try connection.run("UPDATE t SET v = $1 WHERE k = 2", String(n))
                        }
                        let values = try database.read { try $0.query("SELECT v FROM t") { $0.text(0) } }
                        #expect(values.count == 2 && values[0] == values[1])
                    }
                }
                try await group.waitForAll()
            }
        }
    }
}
