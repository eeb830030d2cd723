import ControlPlane
import HTTP
import JSON
import Registry
import Testing

@Suite("Parameters")
struct CallTests {
    @Test(
        "a parameter that openapi.yaml forbids is refused by name",
        arguments: [
            ("/v1/cells?limit=0", "limit"), ("/v1/cells?limit=1001", "limit"),
            ("/v1/cells?limit=%2B5", "limit"),
            ("/v1/cells?limit=05", "limit"), ("/v1/cells?limit=", "limit"), ("/v1/cells?limit=1.0", "limit"),
            ("/v1/cells?cursor=", "cursor"), ("/v1/cells?state=gone", "state"), ("/v1/cells?zone=", "zone"),
            ("/v1/cells?zone=a%20b", "zone"), ("/v1/cells?schedulable=yes", "schedulable"),
            ("/v1/cells?schedulable=", "schedulable"), ("/v1/cells?label=tier", "label"),
            ("/v1/cells?label=", "label"),
            ("/v1/cells?label=%3Dx", "label"), ("/v1/cells?label=a%3Db,", "label"),
            ("/v1/tenants?cell=UPPER", "cell"), ("/v1/tenants?pinned=1", "pinned"),
            ("/v1/tenants?state=active", "state"),
            ("/v1/tenants/acme/history?cursor=0", "cursor"),
            ("/v1/tenants/acme/history?cursor=acme", "cursor"),
            ("/v1/audit?kind=host", "kind"), ("/v1/audit?after=-1", "after"),
            ("/v1/audit?after=aaaaaaaaaaaa.1", "after"),
            ("/v1/audit?actor=", "actor"), ("/v1/audit?operation=put-cell", "operation"),
            ("/v1/audit?id=a%2Fb", "id"),
            ("/v1/events?kind=", "kind"), ("/v1/events?since=7", "since"), ("/v1/events?wait=1s", "wait"),
            ("/v1/events?since=aaaaaaaaaaaa.1&wait=1", "wait"), ("/v1/routing-table?wait=30s", "wait"),
            ("/v1/routing-table?since=1", "since"), ("/v1/routing-table?since=aaaaaaaaaaaa.01", "since"),
            ("/v1/routing-table?gateway=", "gateway"), ("/v1/routing-table?gateway=-a", "gateway"),
            ("/v1/routing-table?gateway=a%40b", "gateway"), ("/v1/routes", "host"),
            ("/v1/routes?host=", "host"),
            ("/v1/routes/acme?at=yesterday", "at"), ("/v1/routes/acme?at=2026-02-30T00:00:00Z", "at"),
            ("/v1/routes/acme?at=01", "at"), ("/v1/revisions/x/convergence", "revision"),
            ("/v1/revisions/01/convergence", "revision"), ("/v1/cells/Cell-1", "cell"),
            ("/v1/tenants/..", "tenant"),
            ("/v1/gateways/a%20b", "gateway"),
            ("/v1/cells/cell-1/tenants?wait=x&since=aaaaaaaaaaaa.1", "wait"),
        ])
    func refused(target: String, field: String) async throws {
        try await TestAPI.withAcme { api in
            let answer = try await api.send(.get, target).expect(400, "invalidArgument", field: field)
            // The field's message stands alone: it says what is allowed.
            let message = try #require(try answer["errors"]?[0]?["message"]?.string)
            #expect(message.count > 10 && !message.hasSuffix("."), "\(message)")
            #expect(try answer["detail"]?.string?.contains(message) == true)
        }
    }

    @Test(
        "a parameter of a write that openapi.yaml forbids is refused by name",
        arguments: [
            ("PUT", "/v1/cells/cell-9?dryRun=1", "dryRun"), ("PUT", "/v1/cells/cell-9?dryRun=", "dryRun"),
            ("POST", "/v1/tenants:import?atomic=yes", "atomic"),
            ("POST", "/v1/cells:import?atomic=", "atomic"),
            ("POST", "/v1/cells:import?capacity=-1", "capacity"),
            ("POST", "/v1/cells:import?zones=", "zones"),
            ("POST", "/v1/cells:import?zones=a,,b", "zones"),
            ("POST", "/v1/cells:import?activate=no", "activate"),
            ("POST", "/v1/changes/0:revert", "revision"),
            ("POST", "/v1/changes/aaaaaaaaaaaa.1:revert", "revision"),
            ("POST", "/v1/cells:import?zones=\(String(repeating: "a,", count: 16))a", "zones"),
        ])
    func refusedWrites(method: String, target: String, field: String) async throws {
        try await TestAPI.withAcme { api in
            let isImport = target.contains(":import")
            try await api.send(
                try #require(Method(rawValue: method)), target,
                bytes: Array((isImport ? "" : #"{"zone":"a"}"#).utf8),
                type: isImport ? "application/x-ndjson" : "application/json"
            ).expect(400, "invalidArgument", field: field)
        }
    }

    @Test("a label filter of 256 characters is taken, and one of 257 is not")
    func labelLength() async throws {
        try await TestAPI.withAcme { api in
            try await api.send(.get, "/v1/cells?label=a=" + String(repeating: "x", count: 254)).expect(200)
            try await api.send(.get, "/v1/cells?label=a=" + String(repeating: "x", count: 255))
                .expect(400, "invalidArgument", field: "label")
            let pairs = (0..<64).map { "a\($0 % 10)=" }.joined(separator: ",")
            try await api.send(.get, "/v1/tenants?label=\(pairs)").expect(200)
        }
    }

    @Test("any text of up to 128 characters is a place in a list")
    func cursors() async throws {
        try await TestAPI.withAcme { api in
            for cursor in ["%25zz", "%25", "a%2Fb", "%00", "~", "é", String(repeating: "%C3%A9", count: 128)]
            {
                try await api.send(.get, "/v1/tenants?cursor=\(cursor)").expect(200)
                try await api.send(.get, "/v1/cells?cursor=\(cursor)").expect(200)
                try await api.send(.get, "/v1/gateways?cursor=\(cursor)").expect(200)
                try await api.send(.get, "/v1/tokens?cursor=\(cursor)").expect(200)
            }
            try await api.send(.get, "/v1/cells?cursor=" + String(repeating: "x", count: 129))
                .expect(400, "invalidArgument", field: "cursor")
        }
    }

    @Test("a long poll is held for what it asks, at most a minute, and up to a fifth less")
    func waits() async throws {
        try await TestAPI.withAcme { api in
            for (wait, longest) in [("10s", 10.0), ("1m30s", 60), ("24h", 60), ("500ms", 0.5)] {
                let poll = try api.poll("/v1/routing-table?since=\(api.table)&wait=\(wait)")
                let held = poll.watch.deadline - api.clock.uptime
                #expect(held <= .seconds(longest), "\(wait)")
                #expect(held >= .seconds(longest * 0.8), "\(wait)")
            }
            try await api.send(.get, "/v1/routing-table?since=\(api.table)&wait=0").expect(200)
        }
    }
}
