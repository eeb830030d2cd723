import CSQLiteFaults
import Glibc
import SQLite
import Testing

@Suite struct DatabaseFailureTests {
    @Test(
        "a page limit reached in a write fails its whole group, and reads and later writes go on"
    )
    func fullInBody() async throws {
        let configure = { (configuration: inout Database.Configuration) in
            configuration.prepare = {
                try $0.execute(
                    "CREATE TABLE t (k INTEGER PRIMARY KEY, v TEXT) STRICT; INSERT INTO t VALUES (100, 'old')"
                )
                try $0.run("PRAGMA max_page_count = 20")
            }
        }
        try await Scratch.withDatabase(configure) { database in
            let full = Recorder<Int>()
            let text = String(repeating: "x", count: 200_000)
            try database.queueTogether { n in
                try database.submit { connection in
                    try connection.run("INSERT INTO t VALUES ($1, $2)", n, n == 9 ? text : "small")
                } completion: { result in
                    if case .failure(let error as SQLiteError) = result, error.isDiskFull { full.record(n) }
                }
            }
            #expect(try await eventually { full.elements.count == 10 })
            try #expect(database.read { try $0.query("SELECT k FROM t") { $0.int(0) } } == [100])
            #expect(try await database.write { try $0.run("INSERT INTO t VALUES (1, 'small')") } == 1)
            try #expect(database.count() == 2)
        }
    }

    @Test("a write that overlooks a full disk gets nowhere with what it does next")
    func overlooked() async throws {
        try await Scratch.withDatabase { database in
            _ = try await database.write { try $0.run("PRAGMA max_page_count = 20") }
            let error = await #expect(throws: SQLiteError.self) {
                try await database.write { connection in
                    let text = String(repeating: "x", count: 200_000)
                    _ = try? connection.run("INSERT INTO t VALUES (1, $1)", text)
                    _ = try? connection.run("INSERT INTO t VALUES (2, 'alone')")
                }
            }
            #expect(error?.isDiskFull == true)
            try #expect(database.count() == 0)
        }
    }

    @Test("a disk that is full at COMMIT undoes the group, reads go on, and writes again when there is room")
    func fullAtCommit() async throws {
        try await Scratch.with { scratch in
            try scratch.installFaults()
            try await scratch.withDatabase { database in
                _ = try await database.write { try $0.run("INSERT INTO t VALUES (100, 'old')") }
                try scratch.fail(CSQLITE_FAULT_LOG_FULL)
                let full = Recorder<Int>()
                try database.queueTogether { n in
                    try database.submit { connection in
                        try connection.run("INSERT INTO t VALUES ($1, 'x')", n)
                    } completion: { result in
                        if case .failure(let error as SQLiteError) = result, error.isDiskFull {
                            full.record(n)
                        }
                    }
                }
                #expect(try await eventually { full.elements.count == 10 })
                #expect(scratch.faultsStruck > 0)
                try #expect(database.count() == 1)
                try scratch.fail(CSQLITE_FAULT_NONE)
                #expect(try await database.write { try $0.run("INSERT INTO t VALUES (1, 'new')") } == 1)
                try #expect(database.count() == 2)
                try #expect(database.integrityCheck().isEmpty)
            }
        }
    }

    @Test(
        "a COMMIT that fails with an I/O error is answered as unknown, and the writer stops"
    )
    func unknownOutcome() async throws {
        try await Scratch.with { scratch in
            try scratch.installFaults()
            let events = Recorder<String>()
            let onFatal: @Sendable (SQLiteError) -> Void = { events.record("fatal \($0.isFatal)") }
            try await scratch.withDatabase(onFatal: onFatal) { database in
                try scratch.fail(CSQLITE_FAULT_LOG_SYNC)
                // With the write that holds the others back, 64 make a group, and 7 wait for the next.
                try database.queueTogether(70) { n in
                    try database.submit {
                        try $0.run("INSERT INTO t VALUES ($1, 'x')", n)
                    } completion: { result in
                        if case .failure(let error as OutcomeUnknown) = result, error.cause.isFatal {
                            events.record("unknown")
                        }
                        if case .failure(let error as DatabaseClosed) = result, error.cause != nil {
                            events.record("refused")
                        }
                    }
                }
                #expect(try await eventually { events.elements.contains("fatal true") })
                #expect(scratch.faultsStruck > 0)
                #expect(
                    events.elements == Array(repeating: "unknown", count: 63)
                        + Array(repeating: "refused", count: 7) + ["fatal true"])
                let error = await #expect(throws: DatabaseClosed.self) { try await database.write { _ in } }
                #expect(error?.cause?.isFatal == true)
            }
            try scratch.fail(CSQLITE_FAULT_NONE)
            try await scratch.withDatabase { database in
                // It may or may not be there: that is what unknown means.
                try #expect([0, 63].contains(database.count()))
                try #expect(database.integrityCheck().isEmpty)
            }
        }
    }

    @Test(
        "an I/O error in a write fails it with that error, for it was not written, and stops the writer"
    )
    func fatalInBody() async throws {
        try await Scratch.with { scratch in
            try scratch.installFaults()
            let fatal = Recorder<Int32>()
            try await scratch.withDatabase(onFatal: { fatal.record($0.code) }) { database in
                let error = await #expect(throws: SQLiteError.self) {
                    try await database.write { connection in
                        // With so small a cache, pages go to the log before COMMIT does.
                        try connection.run("PRAGMA cache_size = 5")
                        for n in 0..<100 {
                            try connection.run(
                                "INSERT INTO t VALUES ($1, $2)", n, String(repeating: "x", count: 3_000))
                            if n == 50 { try scratch.fail(CSQLITE_FAULT_LOG_WRITE) }
                        }
                    }
                }
                #expect(error?.isFatal == true)
                #expect(try await eventually { !fatal.elements.isEmpty })
                #expect(fatal.elements == [error?.code])
                await #expect(throws: DatabaseClosed.self) { try await database.write { _ in } }
                try #expect(database.count() == 0)
            }
        }
    }

    @Test("an I/O error in the checkpoint of a close is told to the owner, and the close ends")
    func fatalAtClose() async throws {
        try await Scratch.with { scratch in
            try scratch.installFaults()
            let fatal = Recorder<Int32>()
            try await scratch.withDatabase(onFatal: { fatal.record($0.code) }) { database in
                try scratch.fail(CSQLITE_FAULT_MAIN_SYNC)
                _ = try await database.write { try $0.run("INSERT INTO t VALUES (1, 'kept')") }
                database.close()
                #expect(fatal.elements.count == 1)
            }
            try scratch.fail(CSQLITE_FAULT_NONE)
            try await scratch.withDatabase { try #expect($0.count() == 1) }
        }
    }
}
