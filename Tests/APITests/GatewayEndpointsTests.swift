import ControlPlane
import HTTP
import JSON
import Registry
import Store
import Testing

@Suite("Gateways")
struct GatewayEndpointsTests {
    @Test("a gateway's first poll puts it on the list before it gets a table")
    func registration() async throws {
        try await TestAPI.withAcme { api in
            try await api.send(.get, "/v1/routing-table?gateway=edge-1", as: .gateway).expect(200)
            #expect(try api.controlPlane.store.read { try $0.gateway("edge-1") } != nil)
            let gateway = try await api.send(.get, "/v1/gateways/edge-1", as: .viewer).expect(200)
            #expect(try gateway["live"] == true && gateway["applied"] == .null && gateway["lag"] == .null)
            #expect(try gateway["leaseExpiresAt"] == "2026-03-02T09:00:45.000Z")
            // A poll that would be held is answered at once where it is the first.
            let since = api.table
            let first = try await api.send(
                .get, "/v1/routing-table?gateway=edge-2&since=\(since)&wait=30s", as: .gateway
            )
            .expect(200)
            #expect(try first["revision"] == .string(since))
            #expect(try await api.send(.get, "/v1/gateways/edge-2")["applied"] == .string(since))
            try await api.send(.get, "/v1/routing-table?gateway=edge-3&since=aaaaaaaaaaaa.1", as: .gateway)
                .expect(410)
            try await api.send(.get, "/v1/routing-table?gateway=edge-4&since=x", as: .gateway).expect(400)
            #expect(try await api.page("/v1/gateways?limit=1") == ["edge-1", "edge-2", "edge-3"])
        }
    }

    @Test("each poll renews the lease and acknowledges the table that it has")
    func lease() async throws {
        try await TestAPI.withAcme { api in
            let old = api.table
            try await api.send(.get, "/v1/routing-table?gateway=edge-1&since=\(old)", as: .gateway).expect(
                200)
            try await api.send(.post, "/v1/tenants/acme:suspend").expect(200)
            var gateway = try await api.send(.get, "/v1/gateways/edge-1").json
            #expect(gateway["applied"] == .string(old))
            #expect(gateway["lag"]?.integer ?? 0 > 0)
            api.clock.advance(by: .seconds(44))
            #expect(try await api.send(.get, "/v1/gateways/edge-1")["live"] == true)
            api.clock.advance(by: .seconds(1))
            #expect(try await api.send(.get, "/v1/gateways/edge-1")["live"] == false)
            try await api.send(.get, "/v1/routing-table?gateway=edge-1&since=\(api.table)", as: .gateway)
                .expect(200)
            gateway = try await api.send(.get, "/v1/gateways/edge-1").json
            #expect(
                gateway["live"] == true && gateway["applied"] == .string(api.table) && gateway["lag"] == 0)
        }
    }

    @Test("a table that was never published is not taken for applied")
    func ahead() async throws {
        try await TestAPI.withAcme { api in
            let old = api.table
            try await api.send(.get, "/v1/routing-table?gateway=edge-1&since=\(old)", as: .gateway).expect(
                200)
            let ahead = "\(api.controlPlane.incarnation).\(api.revision + 10)"
            for gateway in ["edge-1", "edge-2"] {
                try await api.send(.get, "/v1/routing-table?gateway=\(gateway)&since=\(ahead)", as: .gateway)
                    .expect(410, "revisionGone")
                try await api.send(.put, "/v1/gateways/\(gateway)", ["applied": .string(ahead)], as: .gateway)
                    .expect(409, "stateConflict")
            }
            #expect(try await api.send(.get, "/v1/gateways/edge-1")["applied"] == .string(old))
            #expect(try await api.send(.get, "/v1/gateways/edge-2")["applied"] == .null)
        }
    }

    @Test("a report keeps what it leaves out, and refuses what no digest or name is")
    func report() async throws {
        try await TestAPI.withAcme { api in
            let digest = String(repeating: "0f", count: 32)
            let path = "/v1/gateways/edge-1"
            let first = try await api.send(
                .put, path, ["applied": .string(api.table), "digest": .string(digest), "error": "no memory"],
                as: .gateway
            ).expect(200)
            #expect(try first["error"] == "no memory" && first["lag"] == 0)
            let second = try await api.send(.put, path, [:], as: .gateway).expect(200)
            #expect(try second["applied"] == .string(api.table) && second["digest"] == .string(digest))
            for wrong in ["", "0F", String(repeating: "0F", count: 32), digest + "0"] {
                try await api.send(.put, path, ["digest": .string(wrong)], as: .gateway)
                    .expect(400, "invalidArgument", field: "digest")
            }
            try await api.send(.put, path, ["applied": "7"], as: .gateway).expect(
                400, "invalidArgument", field: "applied")
            try await api.send(.put, path, ["colour": "red"], as: .gateway).expect(
                400, "invalidArgument", field: "colour")
            try await api.send(.put, "/v1/gateways/.edge", [:], as: .gateway).expect(
                400, "invalidArgument", field: "gateway")
        }
    }

    @Test("a gateway that is deregistered is waited for no more")
    func delete() async throws {
        try await TestAPI.withAcme { api in
            try await api.send(.put, "/v1/gateways/edge-1", [:], as: .gateway).expect(200)
            let deleted = try await api.send(.delete, "/v1/gateways/edge-1", as: .gateway).expect(200)
            #expect(try deleted["id"] == "edge-1")
            try await api.send(.get, "/v1/gateways/edge-1").expect(404, "notFound")
            try await api.send(.delete, "/v1/gateways/edge-1").expect(404, "notFound")
        }
    }

    @Test("convergence says who has a revision, who is waited for, and whose lease has run out")
    func convergence() async throws {
        try await TestAPI.withAcme { api in
            let old = api.table
            for gateway in ["edge-1", "edge-2", "edge-3"] {
                try await api.send(.put, "/v1/gateways/\(gateway)", ["applied": .string(old)], as: .gateway)
                    .expect(200)
            }
            api.clock.advance(by: .seconds(45))
            for gateway in ["edge-1", "edge-2"] {
                try await api.send(.put, "/v1/gateways/\(gateway)", [:], as: .gateway).expect(200)
            }
            try await api.send(.post, "/v1/tenants/acme:suspend").expect(200)
            let new = api.table
            try await api.send(.put, "/v1/gateways/edge-1", ["applied": .string(new)], as: .gateway).expect(
                200)
            let number = try #require(RevisionTag(new)).revision
            for spelling in [new, "\(number)"] {
                let answer = try await api.send(.get, "/v1/revisions/\(spelling)/convergence", as: .viewer)
                    .expect(200)
                #expect(
                    try answer.json == [
                        "revision": .string(new), "converged": false, "live": 2, "applied": ["edge-1"],
                        "waiting": [["id": "edge-2", "applied": .string(old)]], "expired": ["edge-3"],
                    ])
            }
            // What changed no routing is reached with the table before it.
            try await api.send(.patch, "/v1/cells/cell-1", ["labels": ["a": "1"]]).expect(200)
            try await api.send(.put, "/v1/gateways/edge-2", ["applied": .string(new)], as: .gateway).expect(
                200)
            let after = try await api.send(.get, "/v1/revisions/\(api.revision)/convergence").expect(200)
            #expect(try after["converged"] == true)
            for unseen in ["\(api.revision + 1)", "aaaaaaaaaaaa.1", "999999999999999999"] {
                try await api.send(.get, "/v1/revisions/\(unseen)/convergence").expect(404, "notFound")
            }
        }
    }
}
