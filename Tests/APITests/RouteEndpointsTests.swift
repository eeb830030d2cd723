import ControlPlane
import HTTP
import JSON
import Registry
import Testing

@Suite("Routes")
struct RouteEndpointsTests {
    @Test("a route says where a tenant is, and how long that may be used")
    func route() async throws {
        try await TestAPI.withAcme { api in
            let route = try await api.send(.get, "/v1/routes/acme", as: .gateway).expect(200)
            #expect(route.fields[.cacheControl] == "max-age=5")
            #expect(
                try route.json == [
                    "tenant": "acme", "cell": "cell-1", "epoch": 1, "state": "serving", "zone": "us-east-1a",
                    "endpoints": ["order-service": "cell-1.titan-cells.svc.cluster.local:50051"],
                    "revision": .string(api.table),
                ])
            let missing = try await api.send(.get, "/v1/routes/nobody", as: .gateway).expect(404, "notFound")
            #expect(missing.fields[.cacheControl] == "max-age=1")
        }
    }

    @Test("the route of a tenant that is being moved may not be used again")
    func moving() async throws {
        try await TestAPI.withFour { api in
            try await api.acknowledge()
            func caching() async throws -> String? {
                try await api.send(.get, "/v1/routes?host=shop.acme.com", as: .gateway).expect(200)
                    .fields[.cacheControl]
            }
            let id = try await api.begin("/v1/tenants/acme:move", ["to": "cell-2"])
            try await api.work()
            #expect(try await api.tenant("acme", "state") == "migrating")
            let route = try await api.send(.get, "/v1/routes/acme", as: .gateway).expect(200)
            #expect(route.fields[.cacheControl] == "no-store")
            #expect(try await caching() == "no-store")
            try await api.acknowledge()
            try await api.work()
            #expect(try await api.tenant("acme", "state") == "frozen")
            #expect(try await caching() == "no-store")
            try await api.send(.post, "/v1/operations/\(id):cancel").expect(200)
            _ = try await api.outcome(of: id)
            #expect(try await caching() == "max-age=5")
        }
    }

    @Test("a host is found in every spelling")
    func hosts() async throws {
        try await TestAPI.with { api in
            try await api.addCell("cell-1")
            try await api.send(.put, "/v1/tenants/acme", ["hosts": ["shop.acme.com", "bücher.example"]])
                .expect(201)
            for host in [
                "shop.acme.com", "SHOP.acme.COM", "shop.acme.com.", "b%C3%BCcher.example",
                "B%C3%9CCHER.example",
                "xn--bcher-kva.example", "XN--BCHER-KVA.EXAMPLE.",
            ] {
                #expect(
                    try await api.send(.get, "/v1/routes?host=\(host)", as: .gateway).expect(200)["tenant"]
                        == "acme", "\(host)")
            }
            for host in [
                "acme.com", "shop.acme.com:443", "-", "a..b", "%20", ".", String(repeating: "a", count: 253),
            ] {
                let answer = try await api.send(.get, "/v1/routes?host=\(host)", as: .gateway).expect(
                    404, "notFound")
                #expect(answer.fields[.cacheControl] == "max-age=1", "\(host)")
            }
            try await api.send(.get, "/v1/routes?host=" + String(repeating: "a", count: 254), as: .gateway)
                .expect(400, "invalidArgument", field: "host")
        }
    }

    @Test("many are resolved at one revision, and those that are not there are named")
    func resolve() async throws {
        try await TestAPI.withAcme { api in
            let answer = try await api.send(
                .post, "/v1/routes:resolve",
                ["tenants": ["acme", "nobody", "a/b"], "hosts": ["SHOP.acme.com", "nowhere.com", "-:-"]],
                as: .gateway
            ).expect(200)
            #expect(try answer["revision"] == .string(api.table))
            let routes = try #require(try answer["routes"]?.array)
            #expect(routes.map { $0["tenant"] } == ["acme", "acme"])
            #expect(routes.map { $0["host"] } == [nil, "SHOP.acme.com"])
            #expect(
                try answer["notFound"] == ["tenants": ["nobody", "a/b"], "hosts": ["nowhere.com", "-:-"]])
            let empty = try await api.send(.post, "/v1/routes:resolve", [:], as: .gateway).expect(200)
            #expect(try empty["routes"] == [])
        }
    }

    @Test("a thousand keys are resolved at once, and no more")
    func resolveLimit() async throws {
        try await TestAPI.withAcme { api in
            func keys(_ count: Int) -> JSONValue { .array((0..<count).map { .string("t\($0)") }) }
            try await api.send(.post, "/v1/routes:resolve", ["tenants": keys(400), "hosts": keys(600)])
                .expect(200)
            try await api.send(.post, "/v1/routes:resolve", ["tenants": keys(401), "hosts": keys(600)])
                .expect(400, "invalidArgument", field: "hosts")
            try await api.send(.post, "/v1/routes:resolve", ["tenants": keys(1001)])
                .expect(400, "invalidArgument", field: "tenants")
        }
    }

    @Test("the past is answered by time, by revision and by tag")
    func past() async throws {
        try await TestAPI.with { api in
            try await api.addCell("cell-1")
            api.clock.advance(by: .seconds(60))
            try await api.send(.put, "/v1/tenants/acme", ["hosts": ["a.com"]]).expect(201)
            let (placed, tag) = (api.revision, api.table)
            api.clock.advance(by: .seconds(60))
            try await api.send(.post, "/v1/tenants/acme:suspend").expect(200)
            try await api.send(.patch, "/v1/tenants/acme", ["hosts": ["b.com"]]).expect(200)
            api.clock.advance(by: .seconds(60))
            try await api.send(.delete, "/v1/tenants/acme").expect(200)
            api.clock.advance(by: .seconds(60))

            for at in ["\(placed)", tag, "2026-03-02T09:01:00Z", "2026-03-02T10:01:59.999%2B01:00"] {
                let route = try await api.send(.get, "/v1/routes/acme?at=\(at)", as: .gateway).expect(200)
                #expect(try route["state"] == "serving" && route["revision"] == .string(tag), "\(at)")
                try await api.send(.get, "/v1/routes?host=A.com&at=\(at)", as: .gateway).expect(200)
                try await api.send(.get, "/v1/routes?host=b.com&at=\(at)", as: .gateway).expect(
                    404, "notFound")
            }
            let later = try await api.send(
                .get, "/v1/routes?host=b.com&at=2026-03-02T09:02:30Z", as: .gateway
            ).expect(200)
            #expect(try later["state"] == "suspended")
            for at in [
                "2026-03-02T09:00:59Z", "2026-03-02T09:03:00Z", "0", "\(api.revision)",
                "2026-03-02T09:04:01Z",
                "\(api.revision + 1)", "aaaaaaaaaaaa.\(placed)", "0001-01-01T00:00:00Z",
                "9999-12-31T23:59:59Z",
            ] {
                try await api.send(.get, "/v1/routes/acme?at=\(at)", as: .gateway).expect(404, "notFound")
            }
        }
    }

    @Test("an explanation says since when, by whom and why, and what was before")
    func explain() async throws {
        try await TestAPI.withAcme { api in
            let placed = api.revision
            try await api.send(.patch, "/v1/tenants/acme", ["load": 2]).expect(200)
            #expect(
                try await api.send(.get, "/v1/routes/acme:explain", as: .viewer)["since"]?["revision"]
                    == .integer(placed))
            try await api.send(
                .post, "/v1/tenants/acme:suspend", ["reason": "unpaid"], as: .operator,
                fields: [.xRequestID: "r-9"]
            ).expect(200)
            let answer = try await api.send(.get, "/v1/routes/acme:explain", as: .viewer).expect(200)
            #expect(try answer["route"]?["state"] == "suspended")
            #expect(
                try answer["by"]
                    == [
                        "actor": "operator", "operation": "suspendTenant", "reason": "unpaid",
                        "requestId": "r-9",
                    ])
            #expect(
                try answer["changes"]?.array?.compactMap { $0["operation"]?.string } == [
                    "suspendTenant", "putTenant",
                ])
            for _ in 0..<6 {
                try await api.send(.post, "/v1/tenants/acme:resume").expect(200)
                try await api.send(.post, "/v1/tenants/acme:suspend").expect(200)
            }
            #expect(try await api.send(.get, "/v1/routes/acme:explain")["changes"]?.array?.count == 10)
            try await api.send(.get, "/v1/routes/nobody:explain").expect(404, "notFound")
        }
    }
}
