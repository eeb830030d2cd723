import SQLite
import Testing

@Suite struct SQLiteBindableTests {
    private struct Name: SQLiteBindable {
        let rawValue: String
        func bind(to parameter: Parameter) { parameter.bind(rawValue) }
    }

    @Test("a type of the domain binds what it wraps")
    func domainType() async throws {
        try await Scratch.withConnection { connection in
            let name: Name? = Name(rawValue: "cell-1")
            try #expect(connection.first("SELECT $1", name) { $0.text(0) } == "cell-1")
        }
    }
}
