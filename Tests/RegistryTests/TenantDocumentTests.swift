import JSON
import TestRandom
import Testing

@testable import Registry

@Suite("A tenant's document")
struct TenantDocumentTests {
    private static let id = TenantID("acme")!
    private static let cell = CellID("cell-1")!

    private static let full = Tenant(
        id: TenantID("größe:\"1\"")!, hosts: ["z.acme.com", "a.acme.com"], load: 12, cell: cell,
        epoch: Epoch(rawValue: 4),
        state: .suspended, pinned: true,
        placement: PlacementConstraints(
            zones: ["us-east-1b", "us-east-1a"], matchLabels: ["tier": "gold", "disk": "ssd"],
            dedicated: true,
            avoidTenants: [TenantID("rival")!], avoidCells: [CellID("cell-9")!]),
        labels: ["b": "2", "a": "1"])

    @Test("a whole tenant, and one with nothing to it, are written canonically as the golden text has them")
    func golden() throws {
        let tenants = [Self.full, Tenant(id: Self.id, cell: Self.cell)]
        try Golden.check(
            tenants.map { $0.document.encodedString(.canonical) + "\n" }.joined(), is: "tenants.ndjson")
    }

    @Test("a tenant comes back from what the store keeps of it", arguments: SeededRandom.seeds)
    func roundTrip(_ seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        for number in 0..<300 {
            let tenant = Self.random(number, using: &random)
            let text = tenant.document.encoded(.canonical)
            #expect(try Tenant(stored: JSONValue(parsing: text)) == tenant, "seed \(seed)")
        }
    }

    @Test("what the API shows of a tenant can be sent back")
    func shownIsTaken() throws {
        let record = TenantRecord(
            tenant: Self.full, revision: Revision(rawValue: 9), createdAt: Timestamp(rawValue: 1),
            updatedAt: Timestamp(rawValue: 2))
        #expect(record.shown["pinned"] == true)
        #expect(record.shown["revision"] == 9)
        let spec = try TenantSpec(document: .object(record.shown), id: Self.full.id)
        #expect(spec.hosts == Self.full.hosts)
        #expect(spec.cell == Self.cell)
        #expect(spec.epoch == Self.full.epoch)
        #expect(spec.state == .suspended)
        #expect(spec.placement == Self.full.placement)
    }

    @Test("what a request leaves out is as usual")
    func defaults() throws {
        let spec = try TenantSpec(document: [:], id: Self.id)
        #expect(
            spec
                == TenantSpec(
                    id: Self.id, hosts: [], load: 1, cell: nil, epoch: nil, state: nil, pinned: false,
                    placement: PlacementConstraints(), labels: [:]))
    }

    @Test("hosts are normalised, and two spellings of one are one too many")
    func hosts() throws {
        let spec = try TenantSpec(document: ["hosts": ["Shop.ACME.com.", "bücher.example"]], id: Self.id)
        #expect(spec.hosts == ["shop.acme.com", "xn--bcher-kva.example"])
        let error = #expect(throws: RegistryError.self) {
            try TenantSpec(document: ["hosts": ["a.com", "b.com:80", "A.com."]], id: Self.id)
        }
        #expect(error?.errors.map(\.field) == ["hosts[1]", "hosts[2]"])
        #expect(error?.errors.last?.message == "is given twice")
    }

    @Test("every wrong field is named")
    func errors() {
        let document: JSONValue = [
            "id": "other", "hosts": "a.com", "load": -1, "cell": "Cell", "epoch": 0, "state": "odd",
            "pinned": "yes",
            "placement": [
                "zones": ["a b"], "matchLabels": ["-": "x"], "dedicated": 1,
                "avoidTenants": ["a/b", "c", "c"],
                "avoidCells": [1], "near": "sea",
            ], "labels": 1, "colour": "red",
        ]
        let error = #expect(throws: RegistryError.self) { try TenantSpec(document: document, id: Self.id) }
        #expect(
            Set(error?.errors.map(\.field) ?? []) == [
                "id", "hosts", "load", "cell", "epoch", "state", "pinned", "placement.zones[0]",
                "placement.matchLabels.-",
                "placement.dedicated", "placement.avoidTenants[0]", "placement.avoidTenants[2]",
                "placement.avoidCells[0]",
                "placement.near", "labels", "colour",
            ])
    }

    @Test("in an import the document names its tenant")
    func idRequired() {
        let error = #expect(throws: RegistryError.self) { try TenantSpec(document: [:], id: nil) }
        #expect(error?.errors == [FieldError("id", "is required")])
    }

    @Test("units and hosts end at their limits")
    func limits() throws {
        #expect(
            try TenantSpec(document: ["load": .integer(Limits.unitsMax)], id: Self.id).load == Limits.unitsMax
        )
        #expect(throws: RegistryError.self) {
            try TenantSpec(document: ["load": .integer(Limits.unitsMax + 1)], id: Self.id)
        }
        func hosts(_ count: Int) -> JSONValue { ["hosts": .array((0..<count).map { .string("h\($0).com") })] }
        #expect(try TenantSpec(document: hosts(Limits.hostsPerTenantMax), id: Self.id).hosts.count == 100)
        #expect(throws: RegistryError.self) {
            try TenantSpec(document: hosts(Limits.hostsPerTenantMax + 1), id: Self.id)
        }
    }

    private static func random(_ number: Int, using random: inout SeededRandom) -> Tenant {
        func some<T>(_ make: (Int) -> T) -> [T] { (0..<Int.random(in: 0...3, using: &random)).map(make) }
        return Tenant(
            id: TenantID(
                ["t", "ü", "e\u{301} ", "\"q\"", "😀"].randomElement(using: &random)! + "\(number)")!,
            hosts: some { "h\($0).com" }, load: .random(in: 0...Limits.unitsMax, using: &random), cell: cell,
            epoch: Epoch(rawValue: .random(in: 1...Limits.firstEpochMax * 2, using: &random)),
            state: TenantState.allCases.randomElement(using: &random)!, pinned: random.isOne(in: 2),
            placement: PlacementConstraints(
                zones: some { "z\($0)" }, matchLabels: random.isOne(in: 2) ? ["k": "v"] : [:],
                dedicated: random.isOne(in: 2), avoidTenants: some { TenantID("x\($0)")! },
                avoidCells: some { CellID("c\($0)")! }), labels: random.isOne(in: 2) ? ["l": "größe"] : [:])
    }
}
