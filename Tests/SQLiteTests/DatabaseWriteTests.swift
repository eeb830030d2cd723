import SQLite
import Testing

@Suite struct DatabaseWriteTests {
    struct Refused: Error, Equatable { let n: Int }

    @Test("a write returns what its body returns, and blocks if it is asked to")
    func results() async throws {
        try await Scratch.withDatabase { database in
            try await #expect(database.write { try $0.run("INSERT INTO t VALUES (1, 'a'), (2, 'b')") } == 2)
            try #expect(
                database.writeSync { try $0.first("SELECT v FROM t WHERE k = 2") { $0.text(0) } } == "b")
            #expect(throws: Refused(n: 1)) { try database.writeSync { _ in throw Refused(n: 1) } }
        }
    }

    @Test("one write of ten that fails leaves the nine others, all in one commit")
    func savepoints() async throws {
        let observer = GroupObserver()
        try await Scratch.withDatabase({ $0.observer = observer }) { database in
            let outcomes = Recorder<Result<Int, Refused>>()
            try database.queueTogether { n in
                try database.submit { connection in
                    try connection.run("INSERT INTO t VALUES ($1, 'x')", n)
                    if n == 4 { throw Refused(n: n) }
                    return n
                } completion: {
                    outcomes.record($0.mapError { $0 as? Refused ?? Refused(n: -1) })
                }
            }
            try await #expect(eventually { outcomes.elements.count == 10 })
            let expected = (0..<10).map { n -> Result<Int, Refused> in
                n == 4 ? .failure(Refused(n: n)) : .success(n)
            }
            #expect(outcomes.elements == expected)
            try #expect(
                database.read { try $0.query("SELECT k FROM t") { $0.int(0) } } == [
                    0, 1, 2, 3, 5, 6, 7, 8, 9,
                ])
            #expect(observer.groups.elements == [11])
        }
    }

    @Test("a write sees those before it in its group, and not the one that was undone")
    func isolation() async throws {
        try await Scratch.withDatabase { database in
            let seen = Recorder<Int>()
            try database.queueTogether { n in
                try database.submit { connection in
                    seen.record(try connection.first("SELECT count(*) FROM t") { $0.int(0) } ?? -1)
                    try connection.run("INSERT INTO t VALUES ($1, 'x')", n)
                    if n == 4 { throw Refused(n: n) }
                } completion: { _ in
                }
            }
            try await #expect(eventually { seen.elements.count == 10 })
            #expect(seen.elements == [0, 1, 2, 3, 4, 4, 5, 6, 7, 8])
        }
    }

    @Test("a deferred foreign key fails the write that broke it, and no other")
    func deferredForeignKey() async throws {
        let configure = { (configuration: inout Database.Configuration) in
            configuration.prepare = {
                try $0.execute(
                    """
                    CREATE TABLE t (
                        k INTEGER PRIMARY KEY,
                        parent INTEGER REFERENCES t DEFERRABLE INITIALLY DEFERRED) STRICT
                    """)
            }
        }
        try await Scratch.withDatabase(configure) { database in
            let failures = Recorder<Int>()
            let answered = Recorder<Int>()
            try database.queueTogether { n in
                try database.submit { connection in
                    try connection.run("INSERT INTO t VALUES ($1, $2)", n, n == 4 ? 99 : n)
                } completion: { result in
                    if case .failure(let error as SQLiteError) = result, error.isConstraint(.foreignKey) {
                        failures.record(n)
                    }
                    answered.record(n)
                }
            }
            try await #expect(eventually { answered.elements.count == 10 })
            #expect(failures.elements == [4])
            try #expect(database.count() == 9)
        }
    }

    @Test("the owner hears of a commit before any answer of its group, and reads what was committed")
    func didCommit() async throws {
        let events = Recorder<String>()
        let configure = { (configuration: inout Database.Configuration) in
            configuration.didCommit = { connection in
                let count = try? connection.first("SELECT count(*) FROM t") { $0.int(0) }
                events.record("committed \(count ?? -1)")
            }
        }
        try await Scratch.withDatabase(configure) { database in
            try database.queueTogether { n in
                try database.submit { connection in
                    try connection.run("INSERT INTO t VALUES ($1, 'x')", n)
                    if n % 2 == 1 { throw Refused(n: n) }
                } completion: { _ in
                    events.record("answered")
                }
            }
            try await #expect(eventually { events.elements.count == 11 })
            #expect(events.elements == ["committed 5"] + Array(repeating: "answered", count: 10))
        }
    }

    @Test("a group in which every write fails commits nothing")
    func allFail() async throws {
        let commits = Recorder<Int>()
        try await Scratch.withDatabase({ $0.didCommit = { _ in commits.record(1) } }) { database in
            await #expect(throws: Refused(n: 7)) {
                try await database.write { connection in
                    try connection.run("INSERT INTO t VALUES (7, 'x')")
                    throw Refused(n: 7)
                }
            }
            try #expect(database.count() == 0)
            #expect(commits.elements.isEmpty)
        }
    }

    @Test("writes of many tasks at once all land, each exactly once")
    func concurrentWriters() async throws {
        try await Scratch.withDatabase { database in
            _ = try await database.write { try $0.run("INSERT INTO t VALUES (0, '0')") }
            let results = try await withThrowingTaskGroup(of: [Int].self) { group in
                for _ in 0..<16 {
                    group.addTask {
                        var seen: [Int] = []
                        for _ in 0..<50 {
                            let sql =
                                "UPDATE t SET v = v + 1 WHERE k = 0 RETURNING CAST(v AS INTEGER)"
                            seen.append(try await database.write { try $0.first(sql) { $0.int(0) } } ?? -1)
                        }
                        return seen
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(results.sorted() == Array(1...800))
        }
    }

    @Test("one write more than the queue holds is refused at once")
    func overload() async throws {
        try await Scratch.withDatabase({ $0.queueLengthMax = 3 }) { database in
            let gate = Gate()
            defer { gate.open() }
            let started = Gate()
            try database.submit { _ in
                started.open()
                gate.pass()
            } completion: { _ in
            }
            started.pass()
            for n in 0..<3 {
                try database.submit {
                    try $0.run("INSERT INTO t VALUES ($1, '')", n)
                } completion: { _ in
                }
            }
            let error = await #expect(throws: DatabaseOverloaded.self) { try await database.write { _ in } }
            #expect(error?.cause == .writesQueued)
            gate.open()
            try await #expect(eventually { try database.count() == 3 })
        }
    }

    @Test("a write that ends the group's transaction traps")
    func bodyCommits() async {
        await #expect(processExitsWith: .failure) {
            try await Scratch.withDatabase { database in
                try await database.write { try $0.execute("COMMIT") }
            }
        }
    }

    @Test("a write after the commit traps")
    func writeInDidCommit() async {
        await #expect(processExitsWith: .failure) {
            let configure = { (configuration: inout Database.Configuration) in
                configuration.didCommit = { _ = try? $0.run("DELETE FROM t") }
            }
            try await Scratch.withDatabase(configure) { database in
                try await database.write { _ in }
            }
        }
    }
}

/// Keeps what the writer reports.
final class GroupObserver: DatabaseObserver {
    let groups = Recorder<Int>()
    let checkpoints = Recorder<Int>()

    func committed(jobs: Int, duration: Duration) { groups.record(jobs) }
    func checkpointed(walPages: Int, duration: Duration) { checkpoints.record(walPages) }
}

extension Database {
    /// Calls the body for 0, 1, 2 … while the writer is held back in a write of its own: what is submitted
    /// shares that one's group.
    func queueTogether(_ count: Int = 10, _ enqueue: (Int) throws -> Void) throws {
        let gate = Gate()
        let started = Gate()
        try submit { _ in
            started.open()
            gate.pass()
        } completion: { _ in
        }
        started.pass()
        for n in 0..<count { try enqueue(n) }
        gate.open()
    }
}
