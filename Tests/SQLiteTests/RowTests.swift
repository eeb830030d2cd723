import SQLite
import Testing

@Suite struct RowTests {
    @Test("integers come back as they were", arguments: [0, 1, -1, .max, .min, 1 << 53 + 1] as [Int64])
    func integers(value: Int64) async throws {
        try await Scratch.withConnection { connection in
            let found = try connection.first("SELECT $1", value) { ($0.int64(0), $0.int(0)) }
            #expect(try #require(found) == (value, Int(value)))
        }
    }

    @Test(
        "texts come back as they were",
        arguments: ["", "a\0b", "Zürich 🚲", String(repeating: "x", count: 70_000)])
    func texts(value: String) async throws {
        try await Scratch.withConnection { connection in
            try connection.execute("CREATE TABLE x (v TEXT NOT NULL) STRICT")
            try connection.run("INSERT INTO x VALUES ($1)", value)
            let found = try connection.first("SELECT v FROM x") { row in
                (row.text(0), row.optionalText(0), row.withTextBytes(0) { Array($0) })
            }
            #expect(try #require(found) == (value, value, Array(value.utf8)))
        }
    }

    @Test(
        "bytes come back as they were",
        arguments: [[], [0], [0, 255, 0], [UInt8](repeating: 1, count: 70_000)])
    func bytes(value: [UInt8]) async throws {
        try await Scratch.withConnection { connection in
            try connection.execute("CREATE TABLE x (v BLOB NOT NULL) STRICT")
            try connection.run("INSERT INTO x VALUES ($1)", value)
            try #expect(connection.first("SELECT v FROM x") { $0.bytes(0) } == value)
        }
    }

    @Test("numbers and truth values come back as they were")
    func others() async throws {
        try await Scratch.withConnection { connection in
            let found = try connection.first("SELECT $1, $2, $3", 0.1, true, false) {
                ($0.double(0), $0.bool(1), $0.bool(2))
            }
            #expect(try #require(found) == (0.1, true, false))
            try #expect(connection.first("SELECT sum(3)") { $0.double(0) } == 3)
        }
    }

    @Test("NULL is nil, and only where it was asked for")
    func null() async throws {
        try await Scratch.withConnection { connection in
            let absent: String? = nil
            let found = try connection.first("SELECT $1, $2", absent, 7) {
                ($0.isNull(0), $0.optionalText(0), $0.optionalInt64(0), $0.isNull(1), $0.optionalInt64(1))
            }
            #expect(try #require(found) == (true, nil, nil, false, 7))
        }
    }

    @Test("a column of another type traps")
    func wrongType() async {
        await #expect(processExitsWith: .failure) {
            try await Scratch.withConnection { _ = try $0.first("SELECT NULL") { $0.int(0) } }
        }
    }

    @Test("a column that is not there traps")
    func missingColumn() async {
        await #expect(processExitsWith: .failure) {
            try await Scratch.withConnection { _ = try $0.first("SELECT 1") { $0.isNull(1) } }
        }
    }
}
