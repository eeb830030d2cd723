import JSON
import Testing

@testable import cellctl

@Suite struct TableTests {
    @Test("a table of cells has a title a column, numbers flush right, and no trailing spaces")
    func cells() throws {
        let cells = try json(
            """
            [{"id":"cell-1","zone":"us-east-1a","state":"active","schedulable":true,"tenants":200,"load":900,
              "capacity":1000,"health":{"status":"healthy"},"createdAt":"2026-01-28T12:00:00.000Z"},
             {"id":"cell-22","zone":"us-east-1b","state":"active","schedulable":false,"tenants":0,"load":0,
              "capacity":0,"createdAt":"2026-01-31T11:59:00.000Z"}]
            """)
        #expect(
            lines(cells, CellResource.noun, wide: false) == """
                NAME     ZONE        STATE            TENANTS  LOAD  CAPACITY  USED  HEALTH   AGE
                cell-1   us-east-1a  active               200   900      1000   90%  healthy  3d
                cell-22  us-east-1b  active,cordoned        0     0         0     -  -        60s
                """)
    }

    @Test("a wide table shows every host's tenant with its labels and placement")
    func tenants() throws {
        let tenants = try json(
            """
            [{"id":"acme","cell":"cell-1","epoch":3,"state":"serving","load":5,"pinned":true,
              "hosts":["shop.acme.com","acme.com","www.acme.com"],"revision":12,
              "labels":{"tier":"gold","region":"eu"},"placement":{"zones":["a"],"dedicated":true},
              "createdAt":"2026-01-31T09:00:00Z"}]
            """)
        #expect(
            lines(tenants, TenantResource.noun, wide: true) == """
                NAME  CELL    EPOCH  STATE    LOAD  PINNED  AGE  HOSTS             REVISION  LABELS               PLACEMENT
                acme  cell-1      3  serving     5  yes     3h   shop.acme.com +2        12  tier=gold,region=eu  zones=["a"],dedicated=true
                """)
    }

    @Test("verdicts say what was chosen and what stands against the others")
    func verdicts() throws {
        let verdicts = try json(
            """
            [{"cell":"cell-1","zone":"a","feasible":true,"chosen":true,"load":1,"capacity":9,"objections":[]},
             {"cell":"cell-2","zone":"b","feasible":false,"chosen":false,"load":9,"capacity":9,
              "objections":[{"code":"full","message":"has no room"},{"code":"zone","message":"is in zone b"}]}]
            """)
        #expect(
            lines(verdicts, Placement.verdict, wide: false) == """
                CELL    ZONE  VERDICT  LOAD  CAPACITY  OBJECTIONS
                cell-1  a     chosen      1         9  -
                cell-2  b     refused     9         9  has no room; is in zone b
                """)
    }

    @Test("what a server says can't steer the terminal")
    func controlCharacters() {
        let column = Column("REASON", "reason")
        #expect(
            column.text(of: ["reason": "a\u{1B}[2Jb\n\u{202E}"], now: Terminal.noon)
                == "a\\u{1b}[2Jb\\u{a}\\u{202e}")
    }

    @Test(
        "an age is in its largest unit",
        arguments: [
            ("2026-01-31T11:59:59Z", "1s"), ("2026-01-31T11:58:01Z", "119s"), ("2026-01-31T11:58:00Z", "2m"),
            ("2026-01-31T10:00:00Z", "2h"), ("2026-01-29T12:00:00Z", "2d"), ("2026-01-31T12:00:00Z", "0s"),
            ("2026-01-31T12:00:45Z", "-45s"), ("never", "-"),
        ])
    func ages(at: String, text: String) {
        #expect(Column("AGE", "at", .age).text(of: ["at": .string(at)], now: Terminal.noon) == text)
    }

    @Test("a time to come is told by how long it is until then")
    func until() throws {
        let later: JSONValue = ["at": "2026-01-31T15:00:00Z"]
        #expect(Column("IN", "at", .until).text(of: later, now: Terminal.noon) == "3h")
    }

    @Test("colours are around the titles alone, and only where they are wanted")
    func colours() {
        let table = Table(columns: [Column("A", "a")])
        #expect(
            table.lines([["a": "x"]], now: Terminal.noon, paint: Paint(enabled: true)) == [
                "\u{1B}[1mA\u{1B}[0m", "x",
            ])
    }

    private func lines(_ rows: JSONValue, _ noun: Noun, wide: Bool) -> String {
        let table = Table(columns: noun.columns.filter { wide || !$0.wide })
        return table.lines(rows.array ?? [], now: Terminal.noon, paint: noPaint).joined(separator: "\n")
    }
}
