import API
import Bytes
import ControlPlane
import HTTP
import JSON
import Registry
import Testing

@Suite("What gateways live by")
struct RoutingEndpointsTests {
    // MARK: The table

    @Test("the table has every cell, tenant and host, and says how long it is good")
    func table() async throws {
        try await TestAPI.withAcme { api in
            try await api.send(.put, "/v1/tenants/initech", ["state": "suspended", "cell": "cell-1"]).expect(
                201)
            let table = try await api.send(.get, "/v1/routing-table", as: .gateway).expect(200)
            #expect(table.etag == "\"\(api.table)\"")
            #expect(table.fields[.cacheControl] == "no-cache, stale-if-error=86400")
            #expect(
                try table.json == [
                    "revision": .string(api.table),
                    "cells": [
                        "cell-1": [
                            "zone": "us-east-1a", "state": "active",
                            "endpoints": ["order-service": "cell-1.titan-cells.svc.cluster.local:50051"],
                        ]
                    ],
                    "tenants": [
                        "acme": ["cell": "cell-1", "epoch": 1],
                        "initech": ["cell": "cell-1", "epoch": 1, "state": "suspended"],
                    ], "hosts": ["shop.acme.com": "acme"],
                ])
        }
    }

    @Test("who has the table already is answered 304, with the same validators and a length to end it by")
    func notModified() async throws {
        try await TestAPI.withAcme { api in
            let path = "/v1/routing-table"
            // Before anybody has asked for the table whole, too.
            for _ in 0..<2 {
                for sent in ["\"\(api.table)\"", "W/\"\(api.table)\"", "\"x\", \"\(api.table)\"", "*"] {
                    let request = api.request(
                        .get, path, bytes: [], type: nil, as: .gateway, fields: [.ifNoneMatch: sent])
                    let response: Response
                    switch api.receive(request, on: .main) {
                    case .answer(let made): response = made
                    case .deferred(_, let work): response = await work(request)
                    case .streamed, .watch: throw Unexpected("a table is not held")
                    }
                    #expect(response.status == .notModified, "\(sent)")
                    #expect(response.fields[.etag] == "\"\(api.table)\"")
                    #expect(response.fields[.cacheControl] != nil && response.fields[.contentType] == nil)
                    guard case .shared(let body) = response.body else {
                        throw Unexpected("nothing tells its length")
                    }
                    #expect(body.count == (try await api.send(.get, path).bytes.count))
                }
            }
            for stale in ["\"\(api.controlPlane.incarnation).1\"", "\"aaaaaaaaaaaa.1\"", "nonsense"] {
                try await api.send(.get, path, as: .gateway, fields: [.ifNoneMatch: stale]).expect(200)
            }
            let old = "\"\(api.table)\""
            try await api.send(.post, "/v1/tenants/acme:suspend").expect(200)
            try await api.send(.get, path, as: .gateway, fields: [.ifNoneMatch: old]).expect(200)
        }
    }

    @Test("it comes compressed where the gateway asks", arguments: ["gzip", "zstd", "zstd, gzip;q=0.5"])
    func compressed(_ accepted: String) async throws {
        try await TestAPI.withAcme { api in
            let plain = try await api.send(.get, "/v1/routing-table", as: .gateway)
            #expect(plain.fields[.contentEncoding] == nil)
            for _ in 0..<2 {
                let packed = try await api.send(
                    .get, "/v1/routing-table", as: .gateway, fields: [.acceptEncoding: accepted])
                #expect(
                    packed.fields[.contentEncoding] == accepted.split(separator: ",").first.map(String.init))
                #expect(packed.bytes != plain.bytes)
                #expect(try packed.content == plain.bytes)
                #expect(packed.etag == plain.etag)
                #expect(packed.fields[.vary]?.contains("Accept-Encoding") == true)
            }
        }
    }

    @Test("as NDJSON it says the same, line by line")
    func ndjson() async throws {
        try await TestAPI.withAcme { api in
            try await api.send(.put, "/v1/tenants/initech", ["state": "suspended", "hosts": ["i.com"]])
                .expect(201)
            let answer = try await api.send(
                .get, "/v1/routing-table", as: .gateway, fields: [.accept: "application/x-ndjson"]
            ).expect(200)
            #expect(answer.fields[.contentType] == "application/x-ndjson")
            var (cells, tenants, hosts) = (JSONObject(), JSONObject(), JSONObject())
            let lines = try answer.lines
            #expect(lines.first == ["revision": .string(api.table)])
            for line in lines.dropFirst() {
                var members = try #require(line.object)
                if let host = members["host"]?.string {
                    hosts[host] = members["tenant"]
                } else if let tenant = members["tenant"]?.string {
                    members["tenant"] = nil
                    members["zone"] = nil
                    tenants[tenant] = .object(members)
                } else {
                    let cell = try #require(members["cell"]?.string)
                    members["cell"] = nil
                    cells[cell] = .object(members)
                }
            }
            let table = try await api.send(.get, "/v1/routing-table").json
            #expect(table["cells"] == .object(cells))
            #expect(table["tenants"] == .object(tenants))
            #expect(table["hosts"] == .object(hosts))
        }
    }

    @Test("a media type that the table is not made in is 406")
    func notAcceptable() async throws {
        try await TestAPI.withAcme { api in
            try await api.send(.get, "/v1/routing-table", as: .gateway, fields: [.accept: "text/html"])
                .expect(406, "notAcceptable")
            for accept in ["*/*", "text/html, */*;q=0.1", "application/*", "application/json"] {
                try await api.send(.get, "/v1/routing-table", as: .gateway, fields: [.accept: accept]).expect(
                    200)
            }
        }
    }

    // MARK: Deltas

    @Test("a delta makes the new table out of the old one, from every revision that there was")
    func deltas() async throws {
        try await TestAPI.withAcme { api in
            var tables = [try await api.send(.get, "/v1/routing-table").json]
            for (method, path, body) in [
                (Method.put, "/v1/tenants/initech", ["hosts": ["i.com", "j.com"]] as JSONValue?),
                (.patch, "/v1/tenants/initech", ["hosts": ["j.com"]]),
                (.post, "/v1/tenants/acme:suspend", nil),
                (.post, "/v1/tenants/acme:resume", nil),
                (.patch, "/v1/cells/cell-1", ["endpoints": ["b": "b:1"]]),
                (.put, "/v1/cells/cell-2", ["zone": "us-east-1b"]), (.delete, "/v1/tenants/initech", nil),
                (.delete, "/v1/cells/cell-2", nil),
            ] {
                try await api.send(method, path, body)
                tables.append(try await api.send(.get, "/v1/routing-table").json)
            }
            let newest = try #require(tables.last)
            for table in tables.dropLast() {
                let since = try #require(table["revision"]?.string)
                let answer = try await api.send(.get, "/v1/routing-table?since=\(since)", as: .gateway)
                    .expect(200)
                #expect(answer.fields[.cacheControl] == "no-store")
                var patch = try #require(try answer.json.object)
                #expect(patch["from"] == .string(since))
                patch["from"] = nil
                #expect(table.applyingMergePatch(.object(patch)) == newest)
            }
            let empty = try await api.send(.get, "/v1/routing-table?since=\(api.table)", as: .gateway).expect(
                200)
            #expect(try empty.json == ["from": .string(api.table), "revision": .string(api.table)])
        }
    }

    @Test("a revision that no delta starts from is 410, and names the full table")
    func gone() async throws {
        try await TestAPI.withAcme { api in
            let incarnation = api.controlPlane.incarnation
            for path in ["/v1/routing-table", "/v1/cells/cell-1/tenants"] {
                for since in [
                    "aaaaaaaaaaaa.3", "\(incarnation).\(api.revision + 1)",
                    "\(incarnation).999999999999999999",
                ] {
                    for wait in ["", "&wait=30s"] {
                        let answer = try await api.send(.get, "\(path)?since=\(since)\(wait)", as: .gateway)
                            .expect(410, "revisionGone")
                        #expect(try answer["nextSteps"]?.array?.isEmpty == false)
                    }
                }
            }
        }
    }

    // MARK: Long polls

    @Test("a poll is held until routing changes, and is not woken by what gateways don't see")
    func woken() async throws {
        try await TestAPI.withAcme { api in
            let since = api.table
            let poll = try api.poll("/v1/routing-table?since=\(since)&wait=30s")
            try await api.send(.patch, "/v1/cells/cell-1", ["labels": ["a": "1"]]).expect(200)
            try await api.send(.post, "/v1/tokens", ["name": "edge", "role": "gateway"]).expect(201)
            #expect(await poll.woken() == nil)
            try await api.send(.post, "/v1/tenants/acme:suspend").expect(200)
            let delta = try await api.answer(await poll.woken(), to: poll).expect(200)
            #expect(try delta["from"] == .string(since) && delta["revision"] == .string(api.table))
            #expect(try delta["tenants"] == ["acme": ["cell": "cell-1", "epoch": 1, "state": "suspended"]])
        }
    }

    @Test("its signal fires at a routing change alone")
    func signal() async throws {
        try await TestAPI.withAcme { api in
            let poll = try api.poll("/v1/routing-table?since=\(api.table)&wait=30s")
            let fired = Counter()
            let listening = poll.watch.signal.onFire { fired.add() }
            try await api.send(.patch, "/v1/cells/cell-1", ["labels": ["a": "1"]]).expect(200)
            #expect(fired.count == 0)
            try await api.send(.post, "/v1/tenants/acme:suspend").expect(200)
            #expect(fired.count == 1)
            poll.watch.signal.remove(listening)
        }
    }

    @Test("at its deadline it gets an empty delta, named as its request was")
    func ended() async throws {
        try await TestAPI.withAcme { api in
            let poll = try api.poll("/v1/routing-table?since=\(api.table)&wait=30s")
            let answer = try await api.answer(try await poll.ended(), to: poll).expect(200)
            #expect(try answer.json == ["from": .string(api.table), "revision": .string(api.table)])
        }
    }

    @Test("a gateway's newer poll takes the place of its older one")
    func superseded() async throws {
        try await TestAPI.withAcme { api in
            try await api.send(.get, "/v1/routing-table?gateway=edge-1", as: .gateway).expect(200)
            let path = "/v1/routing-table?since=\(api.table)&wait=30s"
            let (first, second) = (
                try api.poll("\(path)&gateway=edge-1"), try api.poll("\(path)&gateway=edge-1")
            )
            #expect(first.watch.owner != nil && first.watch.owner == second.watch.owner)
            #expect(try api.poll("\(path)&gateway=edge-1").watch.owner == first.watch.owner)
            #expect(try api.poll(path).watch.owner == nil)
            try await api.send(.get, "/v1/routing-table?gateway=edge-2", as: .gateway).expect(200)
            #expect(try api.poll("\(path)&gateway=edge-2").watch.owner != first.watch.owner)
        }
    }

    // MARK: Ownership

    @Test("a cell follows what it owns, at which epoch")
    func ownership() async throws {
        try await TestAPI.withAcme { api in
            try await api.addCell("cell-2")
            let path = "/v1/cells/cell-1/tenants"
            let full = try await api.send(.get, path, as: .cell).expect(200)
            let since = api.table
            #expect(full.etag == "\"\(since)\"")
            #expect(
                try full.json == [
                    "revision": .string(since), "cell": "cell-1", "tenants": ["acme": ["epoch": 1]],
                ])

            let poll = try api.poll("\(path)?since=\(since)&wait=30s", as: .cell)
            try await api.send(.put, "/v1/tenants/initech", ["cell": "cell-1"]).expect(201)
            let delta = try await api.answer(await poll.woken(), to: poll).expect(200)
            #expect(try delta["from"] == .string(since))
            #expect(try delta["tenants"] == ["initech": ["epoch": 1]])

            try await api.send(.delete, "/v1/tenants/acme").expect(200)
            let both = try await api.send(.get, "\(path)?since=\(since)", as: .cell).expect(200)
            #expect(try both["tenants"] == ["acme": .null, "initech": ["epoch": 1]])
            try await api.send(.get, "/v1/cells/nowhere/tenants").expect(404, "notFound")
        }
    }

    @Test("what another cell is given does not show in a cell's feed")
    func othersOwnership() async throws {
        try await TestAPI.withAcme { api in
            try await api.addCell("cell-2")
            let since = api.table
            try await api.send(.put, "/v1/tenants/initech", ["cell": "cell-2"]).expect(201)
            let delta = try await api.send(.get, "/v1/cells/cell-1/tenants?since=\(since)", as: .cell).expect(
                200)
            #expect(try delta["tenants"] == nil)
            #expect(try delta["revision"] == .string(api.table))
        }
    }
}
