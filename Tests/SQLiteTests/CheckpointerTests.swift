import CSQLiteFaults
import SQLite
import Testing

@Suite struct CheckpointerTests {
    @Test("the log is checkpointed after 4,000 pages and used again from its start")
    func interval() async throws {
        let observer = GroupObserver()
        try await Scratch.withDatabase({ $0.observer = observer }) { database in
            for n in 0..<40 { try await database.writeRows(500, from: n * 500) }
            // On a slow machine a moment's pause may add one.
            #expect(observer.checkpoints.elements.count >= 4)
            #expect(observer.checkpoints.elements.allSatisfy { $0 < 6_000 })
            #expect(database.walBytes < 30 << 20)
        }
    }

    @Test("a log past 64 MB is cut, once the readers let it")
    func truncation() async throws {
        let observer = GroupObserver()
        try await Scratch.withDatabase({ $0.observer = observer }) { database in
            try await database.writeRows(20_000, from: 0)
            // The checkpoint comes after the answer of the write that made it due.
            #expect(
                try await eventually { observer.checkpoints.elements.count == 1 && database.walBytes == 0 })
            try #expect(database.count() == 20_000)
        }
    }

    @Test("a snapshot that is held stops no write and no checkpoint, and loses nothing")
    func heldSnapshot() async throws {
        try await Scratch.withDatabase { database in
            try await database.writeRows(10, from: 0)
            let counts = try await database.holdingSnapshot {
                for n in 0..<25 { try await database.writeRows(1_000, from: 10 + n * 1_000) }
                #expect(database.walBytes > 64 << 20)
            }
            #expect(counts == [10, 10])
            try #expect(database.count() == 25_010)
            // It is cut when the next 4,000 pages are full.
            for n in 0..<10 { try await database.writeRows(1_000, from: 30_000 + n * 1_000) }
            #expect(try await eventually { database.walBytes < 64 << 20 })
        }
    }

    @Test(
        "while a checkpoint finds the disk full, writes fail at once and the log grows no more"
    )
    func fullDisk() async throws {
        try await Scratch.with { scratch in
            try scratch.installFaults()
            try await scratch.withDatabase { database in
                try scratch.fail(CSQLITE_FAULT_MAIN_FULL)
                try await database.writeRows(4_100, from: 0)
                #expect(try await eventually { scratch.faultsStruck > 0 })
                let logBytes = database.walBytes
                for n in 5_000..<5_100 {
                    let error = await #expect(throws: SQLiteError.self) {
                        try await database.writeRows(1, from: n)
                    }
                    #expect(error?.isDiskFull == true)
                }
                #expect(database.walBytes == logBytes)
                try #expect(database.count() == 4_100)
                try scratch.fail(CSQLITE_FAULT_NONE)
                #expect(
                    try await eventually {
                        (try? database.writeSync { try $0.run("DELETE FROM t") }) == 4_100
                    })
                try #expect(database.integrityCheck().isEmpty)
            }
        }
    }

    @Test("a log that is short is checkpointed when nothing comes for a while")
    func idle() async throws {
        let observer = GroupObserver()
        try await Scratch.withDatabase({ $0.observer = observer }) { database in
            try await database.writeRows(10, from: 0)
            #expect(try await eventually { !observer.checkpoints.elements.isEmpty })
        }
    }
}

extension Database {
    /// Writes rows of which each fills a page.
    fileprivate func writeRows(_ count: Int, from start: Int) async throws {
        let text = String(repeating: "x", count: 3_000)
        try await write { connection in
            for n in start..<start + count { try connection.run("INSERT INTO t VALUES ($1, $2)", n, text) }
        }
    }

    /// Runs the body while another thread holds a snapshot.
    /// - Returns: the rows that it saw before and after.
    fileprivate func holdingSnapshot(_ body: () async throws -> Void) async throws -> [Int] {
        let began = Gate()
        let end = Gate()
        async let counts = read(timeLimit: .seconds(120)) { connection in
            let before = try connection.first("SELECT count(*) FROM t") { $0.int(0) } ?? -1
            began.open()
            end.pass()
            return [before, try connection.first("SELECT count(*) FROM t") { $0.int(0) } ?? -1]
        }
        began.pass()
        do { try await body() } catch {
            end.open()
            throw error
        }
        end.open()
        return try await counts
    }
}
