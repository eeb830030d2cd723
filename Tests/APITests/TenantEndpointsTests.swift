import HTTP
import JSON
import Registry
import Testing

@Suite("Tenants")
struct TenantEndpointsTests {
    @Test("a tenant is what was put, and can be put back as it is read")
    func roundTrip() async throws {
        try await TestAPI.with { api in
            try await api.addCell("cell-1", ["labels": ["tier": "gold"]])
            let document: JSONObject = [
                "hosts": ["Shop.ACME.com.", "bücher.example"], "load": 3, "pinned": true,
                "labels": ["plan": "gold"],
                "placement": [
                    "zones": ["us-east-1a"], "matchLabels": ["tier": "gold"], "avoidTenants": ["rival"],
                ],
            ]
            let made = try await api.send(.put, "/v1/tenants/acme", .object(document)).expect(201)
            #expect(made.fields[.location] == "/v1/tenants/acme")
            #expect(try made["hosts"] == ["shop.acme.com", "xn--bcher-kva.example"])
            #expect(try made["cell"] == "cell-1" && made["epoch"] == 1 && made["state"] == "serving")
            #expect(try made["placement"] == document["placement"])
            let read = try await api.send(.get, "/v1/tenants/acme").expect(200)
            #expect(try await api.send(.put, "/v1/tenants/acme", try read.json).expect(200).etag == read.etag)
        }
    }

    @Test(
        "a tenant of any name is found again by it",
        arguments: ["a:b", "a b", "ü-日本", "100%", "a+b", "?#[]@!$&'()*,;="])
    func names(_ name: String) async throws {
        try await TestAPI.with { api in
            try await api.addCell("cell-1")
            let path = "/v1/tenants/" + PercentEncoding.encode(pathSegment: name)
            let made = try await api.send(.put, path, [:]).expect(201)
            #expect(made.fields[.location] == path)
            #expect(try await api.send(.get, path)["id"] == .string(name))
            #expect(try await api.send(.post, "\(path):suspend").expect(200)["state"] == "suspended")
            let route = "/v1/routes/" + PercentEncoding.encode(pathSegment: name)
            #expect(try await api.send(.get, route, as: .gateway).expect(200)["tenant"] == .string(name))
            #expect(try await api.page("/v1/tenants?limit=1") == [name])
            try await api.send(.delete, path).expect(200)
        }
    }

    @Test(
        "a name with a slash or a control character is none",
        arguments: ["a%2Fb", "a%5Cb", "a%0Ab", "%C2%80", ".."])
    func badNames(_ name: String) async throws {
        try await TestAPI.with { api in
            try await api.send(.put, "/v1/tenants/\(name)", [:]).expect(
                400, "invalidArgument", field: "tenant")
        }
    }

    @Test("what can't be placed is refused, and says what stands in the way")
    func refused() async throws {
        try await TestAPI.with { api in
            try await api.send(.put, "/v1/tenants/acme", [:]).expect(409, "notPlaceable")
            try await api.addCell("cell-1", capacity: 10)
            try await api.send(.put, "/v1/tenants/acme", ["hosts": ["a.com"]]).expect(201)
            let full = try await api.send(.put, "/v1/tenants/big", ["load": 10]).expect(409, "notPlaceable")
            #expect(try full["blockers"]?[0]?["id"] == "cell-1")
            try await api.send(.put, "/v1/tenants/b", ["cell": "nowhere"]).expect(
                409, "notPlaceable", field: "cell")
            let taken = try await api.send(.put, "/v1/tenants/b", ["hosts": ["b.com", "A.com"]])
                .expect(409, "hostTaken", field: "hosts[1]")
            #expect(
                try taken["blockers"]?[0] == [
                    "kind": "tenant", "id": "acme", "message": "has the host 'a.com'",
                ])
            try await api.addCell("cell-2")
            let moved = try await api.send(.put, "/v1/tenants/acme", ["cell": "cell-2"]).expect(
                409, "moveRequired")
            #expect(try moved["nextSteps"]?[0]?.string?.contains("/v1/tenants/acme:move") == true)
            try await api.send(.patch, "/v1/tenants/acme", ["state": "suspended"]).expect(
                409, "stateConflict")
            try await api.send(.patch, "/v1/tenants/acme", ["epoch": 2]).expect(409, "stateConflict")
            try await api.send(.put, "/v1/tenants/new", ["state": "frozen"]).expect(
                409, "stateConflict", field: "state")
        }
    }

    @Test("suspending and resuming may be repeated, and gateways are told")
    func suspend() async throws {
        try await TestAPI.withAcme { api in
            for (action, state) in [
                ("suspend", "suspended"), ("suspend", "suspended"), ("resume", "serving"),
            ] {
                let tenant = try await api.send(.post, "/v1/tenants/acme:\(action)", ["reason": "unpaid"])
                    .expect(200)
                #expect(try tenant["state"] == .string(state))
                #expect(try await api.send(.get, "/v1/routes/acme", as: .gateway)["state"] == .string(state))
            }
            try await api.send(.post, "/v1/tenants/nobody:suspend").expect(404, "notFound")
        }
    }

    @Test("a list goes through every tenant once, in the order of the bytes, and is narrowed by every filter")
    func list() async throws {
        try await TestAPI.with { api in
            try await api.addCell("cell-1")
            try await api.addCell("cell-2")
            let names = ["a", "a b", "a%b", "a/".replacing("/", with: ":"), "ü", "Z", "z", "日本", "a+b", "~"]
            for (index, name) in names.enumerated() {
                try await api.send(
                    .put, "/v1/tenants/" + PercentEncoding.encode(pathSegment: name),
                    [
                        "cell": index % 2 == 0 ? "cell-1" : "cell-2", "pinned": .bool(index % 3 == 0),
                        "labels": ["ring": .string("\(index % 4)")],
                        "state": index == 4 ? "suspended" : "serving",
                    ]
                ).expect(201)
            }
            let sorted = names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            for limit in [1, 3, 10, 11] {
                #expect(try await api.page("/v1/tenants?limit=\(limit)") == sorted, "\(limit)")
            }
            func those(_ keep: (Int) -> Bool) -> [String] {
                sorted.filter { keep(names.firstIndex(of: $0) ?? -1) }
            }
            #expect(try await api.page("/v1/tenants?cell=cell-2&limit=2") == those { $0 % 2 == 1 })
            #expect(try await api.page("/v1/tenants?pinned=true&limit=2") == those { $0 % 3 == 0 })
            #expect(try await api.page("/v1/tenants?pinned=false&limit=2") == those { $0 % 3 != 0 })
            #expect(try await api.page("/v1/tenants?state=suspended") == those { $0 == 4 })
            #expect(try await api.page("/v1/tenants?label=ring=1&limit=1") == those { $0 % 4 == 1 })
            #expect(try await api.page("/v1/tenants?cell=nowhere") == [])
        }
    }

    @Test("a history goes back to the beginning, past a deletion; what never was has none")
    func history() async throws {
        try await TestAPI.withAcme { api in
            try await api.send(.patch, "/v1/tenants/acme", ["load": 2], fields: [.auditReason: "grew"])
                .expect(200)
            try await api.send(.delete, "/v1/tenants/acme").expect(200)
            try await api.send(.put, "/v1/tenants/acme", [:]).expect(201)
            for limit in [1, 2, 100] {
                #expect(
                    try await api.page("/v1/tenants/acme/history?limit=\(limit)", key: "operation")
                        == ["putTenant", "deleteTenant", "patchTenant", "putTenant"])
            }
            let items = try #require(try await api.send(.get, "/v1/tenants/acme/history")["items"]?.array)
            #expect(items[0]["before"] == .null && items[0]["document"]?["epoch"] == 2)
            #expect(items[1]["document"] == .null && items[1]["before"]?["load"] == 2)
            #expect(items[2]["before"]?["load"] == 1 && items[2]["reason"] == "grew")
            try await api.send(.get, "/v1/tenants/nobody/history").expect(404, "notFound")
        }
    }
}
