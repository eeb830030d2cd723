import JSON
import Registry
import Store
import Testing

@testable import ControlPlane

@Suite("Imports")
struct ImportTests {
    private static func lines(_ documents: JSONValue...) -> [ImportLine] {
        documents.enumerated().map { ImportLine(number: $0 + 1, document: .success($1)) }
    }

    private static func batch(
        _ lines: [ImportLine], _ kind: ImportKind, into report: ImportReport = ImportReport(),
        _ plane: ControlPlane
    ) async throws -> ImportReport {
        try await plane.importBatch(lines, of: kind, into: report, as: How().request.context)
    }

    @Test("good lines are kept, bad ones are reported with number, name and reason")
    func mixed() async throws {
        try await TemporaryControlPlane.withPlane { plane in
            try await plane.addCells(2, capacity: 10)
            try await plane.put(tenant: "there", ["hosts": ["there.com"], "load": 2])
            var lines = Self.lines(
                ["id": "new", "hosts": ["new.com"]], ["id": "there", "hosts": ["there.com"], "load": 2],
                ["id": "there", "hosts": ["there.com"], "load": 3], ["id": "thief", "hosts": ["new.com"]],
                ["id": "big", "load": 100], ["hosts": ["x.com"]], ["id": "a/b"],
                ["id": "odd", "colour": "red"], [1],
                ["id": "last", "load": 1])
            lines.append(ImportLine(number: 77, document: .failure(RegistryError(.malformedJSON, "no JSON"))))
            let report = try await Self.batch(lines, .tenants, plane)
            #expect([report.created, report.updated, report.unchanged, report.failed] == [2, 1, 1, 7])
            #expect(report.total == 11)
            #expect(report.revision == plane.revision.revision)
            let failures = try #require(report.shown["failures"]?.array)
            #expect(failures.map { $0["line"] } == [4, 5, 6, 7, 8, 9, 77])
            #expect(failures.map { $0["id"] } == ["thief", "big", nil, "a/b", "odd", nil, nil])
            #expect(
                failures.map { $0["code"] } == [
                    "hostTaken", "notPlaceable", "invalidArgument", "invalidArgument", "invalidArgument",
                    "invalidArgument",
                    "malformedJSON",
                ])
            #expect(failures[0]["errors"]?[0]?["field"] == "hosts[0]")
            #expect(report.shown["revision"] == .integer(plane.last))
            #expect(try ["new", "there", "last"].map { try plane.tenant(named: $0)?.load } == [1, 3, 1])
            #expect(try ["thief", "big", "odd"].allSatisfy { try plane.tenant(named: $0) == nil })
            #expect(plane.last == 6)
        }
    }

    @Test("an import that is sent again changes nothing")
    func repeated() async throws {
        try await TemporaryControlPlane.withPlane { plane in
            try await plane.addCells(3)
            let lines = (1...50).map { number in
                ImportLine(
                    number: number,
                    document: .success([
                        "id": .string("t-\(number)"), "hosts": [.string("h\(number).com")],
                        "load": .integer(Int64(number % 5)),
                        "labels": ["n": .string("\(number)")],
                    ]))
            }
            #expect(try await Self.batch(lines, .tenants, plane).created == 50)
            let table = try plane.table
            let again = try await Self.batch(lines, .tenants, plane)
            #expect(again.unchanged == 50)
            #expect(again.revision == plane.revision.revision)
            #expect(try plane.table == table)
        }
    }

    @Test("what is exported can be imported elsewhere, epochs and states included")
    func exported() async throws {
        let documents = try await TemporaryControlPlane.withPlane { plane in
            try await plane.addCells(3)
            try await plane.put(
                tenant: "a", ["hosts": ["a.com"], "epoch": 7, "placement": ["dedicated": true]])
            try await plane.put(tenant: "b", ["pinned": true, "labels": ["x": "y"]])
            try await plane.move(tenant: "b", .suspend)
            var documents: [JSONValue] = []
            try plane.store.read {
                try $0.forEachTenant(TenantFilter()) { documents.append(.object($0.shown)) }
            }
            return documents
        }
        try await TemporaryControlPlane.withPlane { [documents] plane in
            try await plane.addCells(3)
            let lines = documents.enumerated().map { ImportLine(number: $0 + 1, document: .success($1)) }
            #expect(try await Self.batch(lines, .tenants, plane).created == 2)
            #expect(try plane.tenant(named: "a")?.epoch.rawValue == 7)
            #expect(try plane.tenant(named: "b")?.state == .suspended)
        }
    }

    @Test("an atomic import is done whole or not at all, and says which line stood in its way")
    func atomic() async throws {
        try await TemporaryControlPlane.withPlane { plane in
            try await plane.addCells(1, capacity: 3)
            let bad = Self.lines(
                ["id": "a", "hosts": ["a.com"]], ["id": "b"], ["id": "c", "hosts": ["a.com"]])
            let error = await refused(.hostTaken) {
                try await plane.change(How()) { try $0.importAtomically(bad, of: .tenants) }
            }
            #expect(
                error?.detail == "Line 3: The host 'a.com' belongs to the tenant 'a'. Nothing was imported.")
            #expect(plane.last == 1)
            #expect(try plane.cell(CellID("cell-1")!)?.load == 0)

            let good = Array(bad.prefix(2))
            let dry = try await plane.change(How(dryRun: true)) {
                try $0.importAtomically(good, of: .tenants)
            }
            #expect(try dry.json["effects"]?.array?.count == 2)
            #expect(plane.last == 1)
            let answer = try await plane.change(How(plan: try dry.json["plan"]?.string)) {
                try $0.importAtomically(good, of: .tenants)
            }
            #expect(try answer.json["created"] == 2)
            #expect(plane.last == 3)
        }
    }

    @Test("a line may use what a line before it made")
    func inOrder() async throws {
        try await TemporaryControlPlane.withPlane { plane in
            let report = try await Self.batch(
                Self.lines(
                    ["id": "cell-1", "zone": "a", "state": "active", "capacity": 5],
                    ["id": "cell-1", "zone": "a", "capacity": 6],
                    ["id": "cell-1", "zone": "a", "capacity": 6], ["id": "Cell"], ["zone": "a"]), .cells,
                plane)
            #expect([report.created, report.updated, report.unchanged, report.failed] == [1, 1, 1, 2])
            let full = try await Self.batch(
                Self.lines(
                    ["id": "a", "load": 4], ["id": "b", "load": 4], ["id": "c", "load": 2],
                    ["id": "a", "load": 5]), .tenants,
                plane)
            #expect([full.created, full.updated, full.unchanged, full.failed] == [2, 0, 0, 2])
            #expect(try plane.cell(CellID("cell-1")!)?.load == 6)
        }
    }

    @Test("a report goes on from batch to batch, and names at most a thousand failures")
    func batches() async throws {
        try await TemporaryControlPlane.withPlane { plane in
            try await plane.addCells(1)
            var report = ImportReport()
            for batch in 0..<3 {
                let lines = (0..<500).map {
                    ImportLine(number: batch * 500 + $0 + 1, document: .success([:]))
                }
                report = try await Self.batch(lines, .tenants, into: report, plane)
            }
            report = try await Self.batch(Self.lines(["id": "a"]), .tenants, into: report, plane)
            #expect(report.failed == 1500)
            #expect(report.total == 1501)
            #expect(report.shown["failures"]?.array?.count == Limits.importFailuresShownMax)
            #expect(report.shown["failures"]?[999]?["line"] == 1000)
        }
    }

    @Test("a whole import in one transaction shows and plans what it does")
    func whole() async throws {
        try await TemporaryControlPlane.withPlane { plane in
            try await plane.addCells(1)
            let lines = Self.lines(["id": "a"], ["colour": "red"])
            let dry = try await plane.change(How(dryRun: true)) {
                try $0.importWhole(lines, of: .tenants)
            }
            #expect(try dry.json["result"]?["created"] == 1)
            #expect(try dry.json["result"]?["failed"] == 1)
            #expect(try plane.tenant(named: "a") == nil)
            _ = try await plane.change(How()) { try $0.importWhole(lines, of: .tenants) }
            #expect(try plane.tenant(named: "a") != nil)
        }
    }
}
