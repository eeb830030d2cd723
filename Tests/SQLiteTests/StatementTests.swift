import SQLite
import Testing

@Suite struct StatementTests {
    @Test("value n goes to $n, wherever it stands and however often")
    func numberedParameters() async throws {
        try await Scratch.withConnection { connection in
            let found = try connection.first("SELECT $2, $1, $2", "one", "two") {
                [$0.text(0), $0.text(1), $0.text(2)]
            }
            #expect(found == ["two", "one", "two"])
        }
    }

    @Test("question marks take the values in their order")
    func positionalParameters() async throws {
        try await Scratch.withConnection { connection in
            let found = try connection.first("SELECT ?, ?", 1, nil) { ($0.int(0), $0.isNull(1)) }
            #expect(try #require(found) == (1, true))
        }
    }

    @Test("a wrong number of values traps")
    func wrongNumberOfValues() async {
        await #expect(processExitsWith: .failure) {
            try await Scratch.withConnection { _ = try $0.run("SELECT $1, $2", 1) }
        }
    }

    @Test("parameters with a gap trap")
    func gapInParameters() async {
        await #expect(processExitsWith: .failure) {
            try await Scratch.withConnection { _ = try $0.run("SELECT $1, $3", 1, 2) }
        }
    }

    @Test("a value above the limit is refused, and the statement can be used again")
    func tooBig() async throws {
        try await Scratch.withConnection { connection in
            let big = [UInt8](repeating: 7, count: (8 << 20) + 1)
            #expect(throws: SQLiteError.self) { try connection.run("SELECT length($1)", big) }
            try #expect(connection.first("SELECT length($1)", "four") { $0.int(0) } == 4)
        }
    }
}
