import JSON
import Registry
import Testing

@testable import ControlPlane

@Suite struct CellEntryTests {
    private let id = CellID("cell-1")!

    private func json(_ append: (inout [UInt8]) -> Void) throws -> JSONValue {
        var bytes = Array("{".utf8)
        append(&bytes)
        return try JSONValue(parsing: bytes + Array("}".utf8))
    }

    private func entry(_ endpoints: [String: String]) -> CellEntry {
        CellEntry(id: id, cell: RoutedCell(zone: "us-east-1a", state: .draining, endpoints: endpoints))
    }

    @Test("a cell's member of the table holds its zone, state and endpoints")
    func member() throws {
        let entry = entry(["order": "10.0.0.1:80", "a\"b": "x"])
        #expect(
            try json { entry.appendMember(to: &$0) }
                == [
                    "cell-1": [
                        "zone": "us-east-1a", "state": "draining",
                        "endpoints": ["order": "10.0.0.1:80", "a\"b": "x"],
                    ]
                ])
    }

    @Test("the patch names each endpoint that is gone as null, also when none is left")
    func patch() throws {
        for now in [[:], ["order": "x"], ["order": "x", "payment": "y"]] as [[String: String]] {
            let patch = try json { entry(now).appendPatch(endpointsBefore: ["order", "search"], to: &$0) }
            let before = try json { entry(["order": "old", "search": "z"]).appendMember(to: &$0) }
            #expect(before.applyingMergePatch(patch) == (try json { entry(now).appendMember(to: &$0) }))
        }
    }

    @Test("the patch of a cell that is gone is null")
    func gone() throws {
        let patch = try json { CellEntry(id: id, cell: nil).appendPatch(endpointsBefore: ["order"], to: &$0) }
        #expect(patch == ["cell-1": .null])
    }

    @Test("a tenant's state is left out while it serves, and taken away where there was another")
    func tenantState() throws {
        func tenant(_ state: TenantState, hadState: Bool) throws -> JSONValue {
            let record = TenantEntry(
                cell: CellOrdinal(rawValue: 0), epoch: Epoch(rawValue: 12), state: state)
            return try json {
                $0.append(#""t":"#)
                entry([:]).appendTenant(record, hadState: hadState, to: &$0)
            }
        }
        #expect(try tenant(.serving, hadState: false) == ["t": ["cell": "cell-1", "epoch": 12]])
        #expect(
            try tenant(.serving, hadState: true) == ["t": ["cell": "cell-1", "epoch": 12, "state": .null]])
        #expect(
            try tenant(.frozen, hadState: true) == ["t": ["cell": "cell-1", "epoch": 12, "state": "frozen"]])
    }
}
