import JSON
import Registry
import Testing

@Suite("What a restore would touch")
struct RestorePlanTests {
    private static let cells = (1...3).map { CellID("cell-\($0)")! }

    private static func backup(_ scope: BackupScope = .everything, _ covers: BackupCover? = nil) -> Backup {
        Backup(
            name: BackupName("daily-1")!, scope: scope,
            covers: covers ?? BackupCover(everything: true, cells: cells), createdAt: Timestamp(rawValue: 0))
    }

    private static func plan(
        _ backup: Backup, _ scope: BackupScope? = nil, _ cellMapping: [CellID: CellID] = [:],
        namespaces: [String: String] = [:]
    ) -> RestorePlan {
        RestorePlan(of: backup, scope: scope, namespaceMapping: namespaces, cellMapping: cellMapping) { id in
            guard id.rawValue != "cell-3" else { return nil }
            let cell = Cell(id: id, zone: id.rawValue == "cell-1" ? "a" : "b", state: .active)
            return (cell, id.rawValue == "cell-9" ? 0 : 5)
        }
    }

    @Test("each cell goes where the mapping says, or where it was, and one that serves tenants is a blocker")
    func mapped() {
        let plan = Self.plan(Self.backup(), nil, [Self.cells[0]: CellID("cell-9")!])
        #expect(plan.targets.map(\.cell.rawValue) == ["cell-9", "cell-2", "cell-3"])
        #expect(plan.blockers.map(\.id) == ["cell-2"])
        #expect(plan.targets[2].state == nil)
    }

    @Test("a scope narrows what is restored, and takes nothing that the backup does not cover")
    func narrowed() {
        let zone = BackupScope.cells(CellSelector(zones: ["a"]))
        #expect(Self.plan(Self.backup(), zone).targets.map(\.cell.rawValue) == ["cell-1"])
        let named = BackupScope.cells(CellSelector(cells: [Self.cells[2]]))
        #expect(Self.plan(Self.backup(), named).targets.map(\.cell.rawValue) == ["cell-3"])
        let namespace = Self.plan(
            Self.backup(), .namespaces(["titan-data"]), namespaces: ["titan-data": "drill"])
        #expect(namespace.targets.isEmpty && namespace.namespaces.map(\.into) == ["drill"])
        let data = Self.backup(.namespaces(["titan-data"]), BackupCover(namespaces: ["titan-data"]))
        #expect(Self.plan(data, .namespaces(["titan-web"])).isEmpty)
        #expect(Self.plan(data, .registry).isEmpty && Self.plan(Self.backup(), .registry).isEmpty)
        #expect(!Self.plan(data).isEmpty)
    }

    @Test(
        "what is wrong with a request is named by its field",
        arguments: [
            ("backup", [:]), ("backup", ["backup": "a", "schedule": "b"]), ("schedule", ["schedule": "B"]),
            ("cellMapping", ["backup": "a", "cellMapping": ["c1": "c9", "c2": "c9"]]),
            ("override.reason", ["backup": "a", "override": ["reason": " "]]),
            ("override.reason", ["backup": "a", "override": [:]]), ("scope", ["backup": "a", "scope": [:]]),
            ("into", ["backup": "a", "into": "b"]),
        ] as [(String, JSONValue)])
    func refused(field: String, body: JSONValue) throws {
        let error = #expect(throws: RegistryError.self) { try RestoreRequest(document: body) }
        #expect(error?.errors.contains { $0.field == field } == true, "\(String(describing: error))")
    }
}
