import Glibc
import SQLite
import Testing

@Suite struct DatabaseTests {
    @Test("a second database on the same file is refused, until the first is closed")
    func secondOpen() async throws {
        try await Scratch.with { scratch in
            try await scratch.withDatabase { _ in
                let error = #expect(throws: DatabaseInUse.self) { try scratch.openAndClose() }
                #expect(error?.lockPath == scratch.path + ".lock")
            }
            for _ in 0..<50 { try scratch.openAndClose() }
        }
    }

    @Test("a second process is refused, and so are we while it has the database")
    func secondProcess() async throws {
        try await Scratch.with { scratch in
            let lock = scratch.path + ".lock"
            try await scratch.withDatabase { _ in
                try #expect(run("/usr/bin/flock", "--nonblock", lock, "true") != 0)
            }
            try #expect(run("/usr/bin/flock", "--nonblock", lock, "true") == 0)
            // The other process holds the lock until it is ended.
            let other = try spawn("/usr/bin/flock", "--no-fork", lock, "sleep", "60")
            defer {
                kill(other, SIGKILL)
                waitpid(other, nil, 0)
            }
            let refused = try await eventually {
                do { try scratch.openAndClose() } catch is DatabaseInUse { return true }
                return false
            }
            #expect(refused)
        }
    }

    @Test("what was written is there after a close and an open, and the log is empty")
    func reopen() async throws {
        try await Scratch.with { scratch in
            try await scratch.withDatabase { database in
                _ = try await database.write { try $0.run("INSERT INTO t VALUES (1, 'kept')") }
                #expect(database.walBytes > 0)
            }
            #expect(scratch.sizeBytes("test.db-wal") == 0)
            try await scratch.withDatabase { database in
                try #expect(database.read { try $0.query("SELECT v FROM t") { $0.text(0) } } == ["kept"])
            }
        }
    }

    @Test("a close runs the writes that are queued, and refuses what comes later")
    func closeDrains() async throws {
        try await Scratch.with { scratch in
            let done = Recorder<Int>()
            let gate = Gate()
            try await scratch.withDatabase { database in
                try database.submit { _ in
                    gate.pass()
                } completion: { _ in
                }
                for n in 0..<200 {
                    try database.submit {
                        try $0.run("INSERT INTO t VALUES ($1, NULL)", n)
                    } completion: { result in
                        if case .success = result { done.record(n) }
                    }
                }
                gate.open()
                database.close()
                #expect(done.elements == Array(0..<200))
                await #expect(throws: DatabaseClosed.self) { try await database.write { _ in } }
                #expect(throws: DatabaseClosed.self) { try database.read { _ in } }
                #expect(throws: DatabaseClosed.self) { try database.quickCheck() }
            }
            try await scratch.withDatabase { try #expect($0.count() == 200) }
        }
    }

    @Test("a preparation that throws leaves the database closed")
    func failedPreparation() async throws {
        struct Refused: Error {}
        try await Scratch.with { scratch in
            await #expect(throws: Refused.self) {
                try await scratch.withDatabase({ $0.prepare = { _ in throw Refused() } }, { _ in })
            }
            try scratch.openAndClose()
        }
    }

    @Test("a database that is let go of without a close traps")
    func forgottenClose() async {
        await #expect(processExitsWith: .failure) {
            try await Scratch.with { scratch in
                _ = try Database.open(configuration: .init(path: scratch.path, onFatal: { _ in }))
            }
        }
    }
}

extension Scratch {
    fileprivate func openAndClose() throws {
        try Database.open(configuration: .init(path: path, onFatal: { _ in })).close()
    }
}

private func spawn(_ arguments: String...) throws -> pid_t {
    var strings: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
    defer { for string in strings { free(string) } }
    var process = pid_t()
    try #require(posix_spawn(&process, arguments[0], nil, nil, &strings, environ) == 0)
    return process
}

private func run(_ arguments: String...) throws -> Int32 {
    var strings: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
    defer { for string in strings { free(string) } }
    var process = pid_t()
    try #require(posix_spawn(&process, arguments[0], nil, nil, &strings, environ) == 0)
    var status: Int32 = 0
    try #require(waitpid(process, &status, 0) == process)
    return status
}
