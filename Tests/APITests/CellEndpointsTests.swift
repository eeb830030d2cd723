import HTTP
import JSON
import Registry
import Testing

@Suite("Cells")
struct CellEndpointsTests {
    private static let whole: JSONObject = [
        "zone": "us-east-1b", "region": "us-east-1", "state": "active", "schedulable": true, "capacity": 500,
        "endpoints": ["order-service": "10.4.0.12:50051", "payment-service": "[2001:db8::1]:50053"],
        "labels": ["tier": "gold", "ring": "canary"], "annotations": ["note": "façade"],
        "dataStores": ["scylla": ["scylla-0:9042", "scylla-1:9042"]],
        "images": ["order-service": "titan/order:v1"],
        "health": ["status": "healthy", "message": "fine", "observedAt": "2026-03-02T08:00:00Z"],
    ]

    @Test("a cell is what was put, and can be put back as it is read")
    func roundTrip() async throws {
        try await TestAPI.with { api in
            let made = try await api.send(.put, "/v1/cells/cell-7", .object(Self.whole)).expect(201)
            #expect(made.fields[.location] == "/v1/cells/cell-7")
            let read = try await api.send(.get, "/v1/cells/cell-7").expect(200)
            #expect(read.etag == made.etag)
            for (name, value) in Self.whole where name != "health" {
                #expect(try read[name] == value, "\(name)")
            }
            #expect(try read["health"]?["observedAt"] == "2026-03-02T08:00:00.000Z")
            #expect(try read["load"] == 0 && read["tenants"] == 0)
            let again = try await api.send(.put, "/v1/cells/cell-7", try read.json).expect(200)
            #expect(again.etag == read.etag)
            try await api.send(.put, "/v1/cells/cell-8", try read.json).expect(
                400, "invalidArgument", field: "id")
        }
    }

    @Test("a patch changes what it names, and null takes away")
    func patch() async throws {
        try await TestAPI.with { api in
            try await api.send(.put, "/v1/cells/cell-7", .object(Self.whole)).expect(201)
            let patched = try await api.send(
                .patch, "/v1/cells/cell-7",
                ["labels": ["ring": .null, "new": "1"], "images": .null, "capacity": 600]
            ).expect(200)
            #expect(try patched["labels"] == ["tier": "gold", "new": "1"])
            #expect(try patched["images"] == nil)
            #expect(try patched["capacity"] == 600 && patched["zone"] == "us-east-1b")
            try await api.send(.patch, "/v1/cells/cell-7", ["zone": .null]).expect(
                400, "invalidArgument", field: "zone")
            try await api.send(.patch, "/v1/cells/nowhere", [:]).expect(404, "notFound")
            #expect(try await api.send(.get, "/v1/cells/cell-7").bytes.count > 0)
        }
    }

    @Test("a cell goes through its life by actions, each of which may be repeated")
    func life() async throws {
        try await TestAPI.with { api in
            try await api.send(.put, "/v1/cells/cell-1", ["zone": "us-east-1a"]).expect(201)
            for (action, state, schedulable) in [
                ("activate", "active", true), ("cordon", "active", false), ("uncordon", "active", true),
                ("cordon", "active", false), ("retire", "retired", false),
            ] {
                for _ in 0..<2 {
                    let cell = try await api.send(.post, "/v1/cells/cell-1:\(action)").expect(200)
                    #expect(
                        try cell["state"] == .string(state) && cell["schedulable"] == .bool(schedulable),
                        "\(action)")
                }
            }
            let refused = try await api.send(.post, "/v1/cells/cell-1:activate").expect(409, "stateConflict")
            #expect(try refused["nextSteps"]?.array?.isEmpty == false)
            let deleted = try await api.send(.delete, "/v1/cells/cell-1").expect(200)
            #expect(try deleted["deleted"] == true && deleted["id"] == "cell-1")
            try await api.send(.get, "/v1/cells/cell-1").expect(404, "notFound")
            try await api.send(.delete, "/v1/cells/cell-1").expect(404, "notFound")
        }
    }

    @Test("a cell with tenants is neither deleted nor retired, nor brought below its load")
    func inUse() async throws {
        try await TestAPI.withAcme { api in
            try await api.send(.post, "/v1/cells/cell-1:cordon").expect(200)
            let refused = try await api.send(.post, "/v1/cells/cell-1:retire").expect(409, "inUse")
            #expect(try refused["blockers"]?[0]?["id"] == "cell-1")
            try await api.send(.delete, "/v1/cells/cell-1").expect(409, "inUse")
            try await api.send(.patch, "/v1/cells/cell-1", ["capacity": 0]).expect(
                409, "inUse", field: "capacity")
            try await api.send(.patch, "/v1/cells/cell-1", ["zone": "us-east-1b"]).expect(
                409, "inUse", field: "zone")
            try await api.send(.patch, "/v1/cells/cell-1", ["state": "drained"]).expect(
                409, "stateConflict", field: "state")
        }
    }

    @Test("a list goes through every cell once, whatever the page, and is narrowed by every filter")
    func list() async throws {
        try await TestAPI.with { api in
            for number in 0..<23 {
                try await api.send(
                    .put, "/v1/cells/cell-\(number)",
                    [
                        "zone": .string("zone-\(number % 3)"),
                        "state": number % 2 == 0 ? "active" : "provisioning",
                        "schedulable": .bool(number % 5 != 0),
                        "labels": ["ring": .string("\(number % 4)"), "a": "b=c"],
                    ]
                ).expect(201)
            }
            let names = (0..<23).map { "cell-\($0)" }.sorted()
            for limit in [1, 2, 7, 22, 23, 24, 1000] {
                #expect(try await api.page("/v1/cells?limit=\(limit)") == names, "\(limit)")
            }
            #expect(try await api.page("/v1/cells") == names)
            func numbers(_ keep: (Int) -> Bool) -> [String] {
                (0..<23).filter(keep).map { "cell-\($0)" }.sorted()
            }
            #expect(try await api.page("/v1/cells?zone=zone-1&limit=2") == numbers { $0 % 3 == 1 })
            #expect(try await api.page("/v1/cells?state=active&limit=3") == numbers { $0 % 2 == 0 })
            #expect(try await api.page("/v1/cells?schedulable=false&limit=3") == numbers { $0 % 5 == 0 })
            #expect(try await api.page("/v1/cells?label=ring=2&limit=3") == numbers { $0 % 4 == 2 })
            #expect(
                try await api.page("/v1/cells?label=ring%3D2,a%3Db%3Dc&limit=3") == numbers { $0 % 4 == 2 })
            #expect(try await api.page("/v1/cells?label=ring=2,a=x") == [])
            #expect(
                try await api.page("/v1/cells?zone=zone-0&state=active&schedulable=true&limit=1")
                    == numbers { $0 % 3 == 0 && $0 % 2 == 0 && $0 % 5 != 0 })
            #expect(try await api.page("/v1/cells?cursor=cell-20x") == names.filter { $0 > "cell-20x" })
        }
    }
}

extension TestAPI {
    /// The ids of a list's items, page by page to the end.
    func page(_ target: String, key: String = "id", as role: Role = .viewer) async throws -> [String] {
        var found: [String] = []
        var cursor: String?
        repeat {
            let more = cursor.map {
                "\(target.contains("?") ? "&" : "?")cursor=\(PercentEncoding.encode(queryValue: $0))"
            }
            let page = try await send(.get, target + (more ?? ""), as: role).expect(200)
            found += try page["items"]?.array?.compactMap { $0[key]?.string } ?? []
            cursor = try page["nextCursor"]?.string
        } while cursor != nil
        return found
    }
}
