import JSON
import TestRandom
import Testing

@testable import Registry

@Suite("A cell's document")
struct CellDocumentTests {
    private static let id = CellID("cell-1")!

    private static let full = Cell(
        id: id, zone: "us-east-1a", state: .active, schedulable: false, capacity: 1000,
        endpoints: ["order-service": "order.cell-1:8080", "inventory-service": "[::1]:8081"],
        labels: ["app": "cell", "tier": "größe"], annotations: ["note": "line\none \"quoted\""],
        dataStores: ["scylla": ["s-0:9042", "s-1:9042"], "kafka": ["k:9092"]],
        images: ["order-service": "titan/order-service:v1.0.0@sha256:00"],
        health: CellHealth(
            status: .degraded, message: "slow", observedAt: Timestamp("2026-01-31T12:03:10.5Z")))

    @Test("a whole cell, and one with nothing to it, are written canonically as the golden text has them")
    func golden() throws {
        let cells = [Self.full, Cell(id: Self.id, zone: "z")]
        let text = cells.map { $0.document.encodedString(.canonical) + "\n" }.joined()
        try Golden.check(text, is: "cells.ndjson")
    }

    @Test("a cell comes back from its document", arguments: SeededRandom.seeds)
    func roundTrip(_ seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        for _ in 0..<300 {
            let cell = Self.random(using: &random)
            let text = cell.document.encoded(.canonical)
            #expect(try Cell(document: JSONValue(parsing: text), id: nil) == cell, "seed \(seed)")
            #expect(
                try Cell(document: JSONValue(parsing: text), id: cell.id).document.encoded(.canonical) == text
            )
        }
    }

    @Test("what the API shows of a cell can be sent back")
    func shownIsTaken() throws {
        let record = CellRecord(
            cell: Self.full, load: 7, tenants: 2, revision: Revision(rawValue: 9),
            createdAt: Timestamp(rawValue: 1),
            updatedAt: Timestamp(rawValue: 2))
        #expect(record.shown["load"] == 7)
        #expect(record.shown["tenants"] == 2)
        #expect(record.shown["revision"] == 9)
        #expect(record.shown["updatedAt"] == "1970-01-01T00:00:00.002Z")
        #expect(try Cell(document: .object(record.shown), id: Self.id) == Self.full)
    }

    @Test("a PUT keeps the state, the cordon and the health that it leaves out, and nothing else")
    func replacing() throws {
        let cell = try Cell(document: ["zone": "us-east-1a"], id: Self.id, replacing: Self.full)
        #expect(cell.state == .active)
        #expect(cell.schedulable == false)
        #expect(cell.health == Self.full.health)
        #expect(
            cell
                == Cell(
                    id: Self.id, zone: "us-east-1a", state: .active, schedulable: false,
                    health: Self.full.health))
        let fresh = try Cell(document: ["zone": "us-east-1a"], id: Self.id)
        #expect(fresh == Cell(id: Self.id, zone: "us-east-1a", state: .provisioning, schedulable: true))
    }

    @Test("every wrong field is named")
    func errors() {
        let document: JSONValue = [
            "id": "cell-2", "zone": "a b", "region": "", "state": "gone", "schedulable": 1, "capacity": -1,
            "endpoints": ["Order": "a:1", "b": "nowhere"], "labels": ["k": 1], "annotations": [],
            "dataStores": ["s": ["a:1", 2]], "images": ["x": "has space", "y": ""],
            "health": ["status": "fine", "x": 1],
            "colour": "red",
        ]
        let error = #expect(throws: RegistryError.self) { try Cell(document: document, id: Self.id) }
        #expect(error?.code == .invalidArgument)
        #expect(
            Set(error?.errors.map(\.field) ?? []) == [
                "zone", "region", "state", "schedulable", "capacity", "endpoints.Order", "endpoints.b",
                "labels.k",
                "annotations", "dataStores.s", "images.x", "images.y", "health.status", "health.x", "id",
                "colour",
            ])
    }

    @Test("a cell needs a zone, and in an import its name")
    func required() {
        #expect(
            throws: RegistryError(
                .invalidArgument, "The field 'zone' is required.", errors: [FieldError("zone", "is required")]
            )
        ) { try Cell(document: [:], id: Self.id) }
        #expect(
            throws: RegistryError(
                .invalidArgument, "The field 'id' is required.", errors: [FieldError("id", "is required")])
        ) { try Cell(document: ["zone": "z"], id: nil) }
    }

    @Test(
        "a zone's name tells its region",
        arguments: [
            ("us-east-1a", "us-east-1"), ("europe-west1-b", "europe-west1"), ("westeurope-1", "westeurope-1"),
            ("rack7", "rack7"), ("zone", "zone"), ("a", "a"), ("1a", "1"), ("us-east-1A", "us-east-1A"),
        ])
    func region(_ zone: String, _ region: String) { #expect(Cell(id: Self.id, zone: zone).region == region) }

    @Test("gateways are told of a cell until it is retired", arguments: CellState.allCases)
    func routed(_ state: CellState) {
        var cell = Self.full
        cell.state = state
        let expected = RoutedCell(zone: cell.zone, state: state, endpoints: cell.endpoints)
        #expect(cell.routed == (state == .retired ? nil : expected))
    }

    private static func random(using random: inout SeededRandom) -> Cell {
        func some<T>(_ key: (Int) -> String, _ value: (Int) -> T) -> [String: T] {
            let count = Int.random(in: 0...4, using: &random)
            return Dictionary(uniqueKeysWithValues: (0..<count).map { (key($0), value($0)) })
        }
        let texts = ["", "x", "\"\\/", "größe 😀", "e\u{301}", "</script>"]
        return Cell(
            id: CellID("cell-\(Int.random(in: 0...999, using: &random))")!,
            zone: ["us-east-1a", "z"].randomElement(using: &random)!,
            region: random.isOne(in: 2) ? "elsewhere" : nil,
            state: CellState.allCases.randomElement(using: &random)!,
            schedulable: random.isOne(in: 2), capacity: .random(in: 0...Limits.unitsMax, using: &random),
            endpoints: some({ "service-\($0)" }, { "host-\($0):80" }),
            labels: some({ "l.\($0)/k" }, { texts[$0] }), annotations: some({ "a\($0)" }, { texts[$0 + 1] }),
            dataStores: some({ "store_\($0)" }, { (0..<$0).map { "s\($0):9042" } }),
            images: some({ "i\($0)" }, { "image:\($0)" }),
            health: random.isOne(in: 2)
                ? CellHealth()
                : CellHealth(
                    status: CellHealth.Status.allCases.randomElement(using: &random)!,
                    message: texts.randomElement(using: &random)!,
                    observedAt: random.isOne(in: 2)
                        ? nil : Timestamp(rawValue: .random(in: 0...4_000_000_000_000, using: &random))))
    }
}
