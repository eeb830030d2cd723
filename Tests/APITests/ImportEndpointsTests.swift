import API
import HTTP
import JSON
import Registry
import Testing

@Suite("Imports and exports")
struct ImportEndpointsTests {
    private static let ndjson = "application/x-ndjson"

    private func send(
        _ target: String, _ lines: String, _ api: TestAPI, type: String? = ndjson, fields: Fields = [:],
        pieceBytes: Int = 1000
    ) async throws -> Answer {
        try await api.send(
            .post, target, bytes: Array(lines.utf8), type: type, fields: fields, pieceBytes: pieceBytes)
    }

    // MARK: Lines

    @Test(
        "what is for Kubernetes' lists is refused beside NDJSON, by name",
        arguments: ["zones=a", "capacity=500", "activate=true"])
    func withoutEffect(_ parameter: String) async throws {
        try await TestAPI.with { api in
            let line = Array(#"{"id":"cell-1","zone":"a"}"#.utf8)
            let name = String(parameter.prefix { $0 != "=" })
            try await api.send(
                .post, "/v1/cells:import?\(parameter)", bytes: line, type: "application/x-ndjson"
            ).expect(400, "invalidArgument", field: name)
            try await api.send(.get, "/v1/cells/cell-1").expect(404)
        }
    }

    @Test(
        "lines that are right are kept, and those that are not are named with what is wrong",
        arguments: [1, 7, 100_000])
    func mixed(pieceBytes: Int) async throws {
        try await TestAPI.with { api in
            try await api.addCell("cell-1", capacity: 10)
            let lines = """
                {"id":"a","hosts":["a.com"]}

                {"id":"b","hosts":["A.com."]}
                {"id":"c","load":100}
                {"id":"d","colour":"red","load":-1}
                {"hosts":["e.com"]}
                {not json}
                {"id":"g","cell":"nowhere"}\r
                {"id":"a","hosts":["a.com"],"load":2}
                {"id":"a","load":2,"hosts":["a.com"]}
                {"id":"h"}
                """
            let report = try await send("/v1/tenants:import", lines, api, pieceBytes: pieceBytes).expect(200)
            #expect(try report["total"] == 10 && report["created"] == 2 && report["updated"] == 1)
            #expect(try report["unchanged"] == 1 && report["failed"] == 6)
            #expect(try report["revision"] == .integer(api.revision))
            let failures = try #require(try report["failures"]?.array)
            let named = failures.map {
                "\($0["line"]?.integer ?? 0) \($0["id"]?.string ?? "-") \($0["code"]?.string ?? "-")"
            }
            #expect(
                named == [
                    "3 b hostTaken", "4 c notPlaceable", "5 d invalidArgument", "6 - invalidArgument",
                    "7 - malformedJSON", "8 g notPlaceable",
                ])
            #expect(failures[2]["errors"]?.array?.count == 2)
            #expect(try await api.page("/v1/tenants") == ["a", "h"])
        }
    }

    @Test("an atomic import keeps all lines or none, and names the line that failed")
    func atomic() async throws {
        try await TestAPI.with { api in
            try await api.addCell("cell-1")
            let revision = api.revision
            for bad in ["{\"id\":\"b\",\"hosts\":[\"a.com\"]}", "{\"id\":\"b\",\"load\":-1}", "nonsense"] {
                let refused = try await send(
                    "/v1/tenants:import?atomic=true",
                    "{\"id\":\"a\",\"hosts\":[\"a.com\"]}\n\(bad)\n{\"id\":\"c\"}", api
                ).expect(409)
                #expect(try refused["errors"]?[0]?["field"] == "line 2")
                #expect(try refused["detail"]?.string?.contains("Nothing was imported") == true)
                #expect(api.revision == revision)
            }
            let report = try await send(
                "/v1/tenants:import?atomic=true", "{\"id\":\"a\"}\n{\"id\":\"c\"}\n", api
            ).expect(200)
            #expect(try report["created"] == 2 && report["failed"] == 0)
            try await send("/v1/cells:import?atomic=true", "{\"id\":\"x\",\"zone\":\"a\"}\n{}", api).expect(
                409)
            try await api.send(.get, "/v1/cells/x").expect(404)
        }
    }

    @Test("a dry run of an import shows each effect, and its plan holds for the import")
    func dryRun() async throws {
        try await TestAPI.with { api in
            try await api.addCell("cell-1")
            let (revision, lines) = (api.revision, "{\"id\":\"a\"}\n{\"id\":\"b\"}\n{}\n")
            let tried = try await send("/v1/tenants:import?dryRun=true", lines, api).expect(200)
            #expect(try tried["effects"]?.array?.compactMap { $0["id"]?.string } == ["a", "b"])
            #expect(try tried["result"]?["created"] == 2 && tried["result"]?["failed"] == 1)
            #expect(api.revision == revision)
            let plan = try tried["plan"]?.string ?? ""
            try await send("/v1/tenants:import", lines + "{\"id\":\"c\"}", api, fields: [.ifPlanMatch: plan])
                .expect(412, "planChanged")
            #expect(api.revision == revision)
            try await send("/v1/tenants:import", lines, api, fields: [.ifPlanMatch: plan]).expect(200)
            #expect(try await api.page("/v1/tenants") == ["a", "b"])
        }
    }

    @Test("an import that is sent again with its key is answered as before; with other lines it is 422")
    func idempotency() async throws {
        try await TestAPI.with { api in
            try await api.addCell("cell-1")
            let fields: Fields = [.idempotencyKey: "import-1"]
            let first = try await send("/v1/tenants:import", "{\"id\":\"a\"}", api, fields: fields).expect(
                200)
            let again = try await send(
                "/v1/tenants:import", "{\"id\":\"a\"}", api, fields: fields, pieceBytes: 2
            ).expect(200)
            #expect(again.bytes == first.bytes)
            try await send("/v1/tenants:import", "{\"id\":\"b\"}", api, fields: fields).expect(
                422, "idempotencyKeyReused")
            let list = { (name: String) in #"{"kind":"List","items":[{"metadata":{"name":"\#(name)"}}]}"# }
            let keyed: Fields = [.idempotencyKey: "import-2"]
            let json = "application/json"
            try await send("/v1/cells:import?zones=a", list("cell-7"), api, type: json, fields: keyed).expect(
                200)
            try await send("/v1/cells:import?zones=a", list("cell-8"), api, type: json, fields: keyed)
                .expect(422, "idempotencyKeyReused")
        }
    }

    @Test("a line past its limit ends the import there, and the answer says what came before it")
    func longLine() async throws {
        try await TestAPI.with { api in
            try await api.addCell("cell-1")
            let long = "{\"id\":\"" + String(repeating: "x", count: Limits.importLineBytesMax) + "\"}"
            let answer = try await send("/v1/tenants:import", "{\"id\":\"a\"}\n\(long)\n{\"id\":\"b\"}", api)
                .expect(413, "contentTooLarge", field: "line 2")
            #expect(try answer["detail"]?.string?.contains("1 created") == true)
            #expect(try await api.page("/v1/tenants") == ["a"])
        }
    }

    @Test("an import that ends in its middle says what came before, which is kept")
    func interrupted() async throws {
        try await TestAPI.with { api in
            try await api.addCell("cell-1", capacity: 10_000)
            let made = try await api.send(.post, "/v1/tokens", ["name": "ci", "role": "operator"])
            let bearer = "Bearer \(try made["token"]?.string ?? "")"
            let lines = (0..<2001).map { "{\"id\":\"t\($0)\"}\n" }.joined()
            let request = api.request(
                .post, "/v1/tenants:import", bytes: Array(lines.utf8), type: "application/x-ndjson", as: nil,
                fields: [.authorization: bearer])
            guard case .streamed(_, let work) = api.receive(request, on: .main) else {
                throw Unexpected("an import is not streamed")
            }
            // After the first batch of 2,000 the token is revoked; the last piece is the last line. It is asked for
            // while the batch is written.
            let body = Pieces(of: request.body, count: lines.utf8.count - 10) {
                while try await api.send(.get, "/v1/cells/cell-1")["tenants"] != 2000 { await Task.yield() }
                try await api.send(.delete, "/v1/tokens/ci").expect(200)
            }
            let answer = try await Answer(await work(request, body)).expect(401, "unauthenticated")
            #expect(try answer["detail"]?.string?.contains("2000 created") == true)
            #expect(try answer["nextSteps"]?.array?.last?.string?.contains("from line 2001 on") == true)
            #expect(try await api.send(.get, "/v1/cells/cell-1")["tenants"] == 2000)
        }
    }

    @Test("many lines go through in batches, and the reason stands at each of them")
    func many() async throws {
        try await TestAPI.with { api in
            try await api.addCell("cell-1", capacity: 10_000)
            let lines = (0..<1201).map { "{\"id\":\"t\($0)\",\"hosts\":[\"t\($0).com\"]}" }.joined(
                separator: "\n")
            let report = try await send(
                "/v1/tenants:import", lines, api, fields: [.auditReason: "onboarding"], pieceBytes: 4096
            )
            .expect(200)
            #expect(try report["created"] == 1201)
            let cell = try await api.send(.get, "/v1/cells/cell-1")
            #expect(try cell["tenants"] == 1201 && cell["load"] == 1201)
            let last = try await api.send(.get, "/v1/audit?operation=importTenants&after=\(api.revision - 1)")
            #expect(try last["items"]?[0]?["reason"] == "onboarding")
        }
    }

    @Test("failures past a thousand are counted and not named")
    func manyFailures() async throws {
        try await TestAPI.with { api in
            let report = try await send(
                "/v1/tenants:import", String(repeating: "{}\n", count: Limits.importFailuresShownMax + 5), api
            ).expect(200)
            #expect(try report["failed"] == .integer(Int64(Limits.importFailuresShownMax + 5)))
            #expect(try report["failures"]?.array?.count == Limits.importFailuresShownMax)
        }
    }

    @Test("an import takes NDJSON by both of its names, and nothing else")
    func mediaTypes() async throws {
        try await TestAPI.with { api in
            for type in ["application/x-ndjson", "text/x-ndjson", "Application/X-NDJSON; charset=utf-8", nil]
            {
                try await send("/v1/tenants:import", "", api, type: type).expect(200)
            }
            for type in ["text/plain", "application/json", "text/csv"] {
                try await send("/v1/tenants:import", "", api, type: type).expect(415, "unsupportedMediaType")
            }
            try await send("/v1/cells:import", "", api, type: "text/csv").expect(415, "unsupportedMediaType")
        }
    }

    // MARK: kubectl

    private static let statefulSets = """
        {"apiVersion":"v1","kind":"List","items":[
        {"apiVersion":"apps/v1","kind":"StatefulSet",
         "metadata":{"name":"cell-1","namespace":"titan-cells","labels":{"app":"cell","cell-id":"1"}},
         "spec":{"serviceName":"cell-1","template":{"spec":{"containers":[
          {"name":"order-service","image":"titan/order-service:v1.0.0","ports":[{"containerPort":50051,"name":"grpc"}],
           "env":[{"name":"SCYLLA_NODES","value":"scylla-0:9042,scylla-1"},{"name":"REDIS_URL","value":"redis://redis:6379/0"}]}
         ]}}}},
        {"kind":"StatefulSet","metadata":{"name":"scylla","labels":{"app":"scylla"}}},
        {"kind":"StatefulSet","metadata":{"name":"cell-2","namespace":"titan-cells",
          "labels":{"app":"cell","topology.kubernetes.io/zone":"us-west-2b"}}},
        {"kind":"StatefulSet","metadata":{"name":"cell-3","namespace":"titan-cells","labels":{"app":"cell"}}}
        ]}
        """

    @Test("the guide's StatefulSets become cells, with the zones and the capacity that the import deals out")
    func kubernetes() async throws {
        try await TestAPI.with { api in
            let target = "/v1/cells:import?zones=us-east-1a,us-east-1b&capacity=500&activate=true"
            let report = try await send(target, Self.statefulSets, api, type: "application/json").expect(200)
            #expect(
                try report["created"] == 3 && report["failed"] == 0 && report["total"] == 3, "\(report.shown)"
            )
            let cell = try await api.send(.get, "/v1/cells/cell-1").expect(200)
            #expect(try cell["zone"] == "us-east-1a" && cell["state"] == "active" && cell["capacity"] == 500)
            #expect(try cell["endpoints"] == ["order-service": "cell-1.titan-cells.svc.cluster.local:50051"])
            #expect(try cell["images"] == ["order-service": "titan/order-service:v1.0.0"])
            #expect(try cell["dataStores"]?["scylla"] == ["scylla-0:9042", "scylla-1:9042"])
            #expect(try cell["labels"]?["cell-id"] == "1")
            #expect(try await api.send(.get, "/v1/cells/cell-2")["zone"] == "us-west-2b")
            #expect(try await api.send(.get, "/v1/cells/cell-3")["zone"] == "us-east-1a")
            let again = try await send(target, Self.statefulSets, api, type: "application/json").expect(200)
            #expect(try again["unchanged"] == 3, "\(again.shown)")
        }
    }

    @Test("what names no zone is reported, and what is no list is refused")
    func kubernetesRefused() async throws {
        try await TestAPI.with { api in
            let json = "application/json"
            let report = try await send("/v1/cells:import", Self.statefulSets, api, type: json).expect(200)
            #expect(try report["created"] == 1)
            #expect(try report["failures"]?.array?.map { $0["line"] } == [1, 4])
            try await send("/v1/cells:import", #"{"kind":"Pod"}"#, api, type: json)
                .expect(400, "invalidArgument", field: "kind")
            try await send("/v1/cells:import", #"{"kind":"List"}"#, api, type: json).expect(
                400, "invalidArgument")
            try await send("/v1/cells:import", "[]", api, type: json).expect(400, "invalidArgument")
            try await send("/v1/cells:import", "{", api, type: json).expect(400, "malformedJSON")
        }
    }

    @Test("a dry run of the guide's StatefulSets shows the cells that they would become")
    func kubernetesDryRun() async throws {
        try await TestAPI.with { api in
            let tried = try await send(
                "/v1/cells:import?zones=a&dryRun=true", Self.statefulSets, api, type: "application/json"
            ).expect(200)
            #expect(try tried["effects"]?.array?.count == 3)
            #expect(try await api.page("/v1/cells") == [])
        }
    }

    // MARK: Export

    @Test("what is exported is taken by another registry as it is, epochs and all")
    func roundTrip() async throws {
        try await TestAPI.with { first in
            for cell in ["cell-1", "cell-2"] { try await first.addCell(cell) }
            for (name, document) in [
                ("acme", ["hosts": ["a.com"], "load": 3, "cell": "cell-1"] as JSONValue),
                ("b%3Ab", ["state": "suspended", "cell": "cell-2", "labels": ["x": "1"]]),
                ("c", ["epoch": 7, "pinned": true, "placement": ["zones": ["us-east-1a"]]]),
            ] {
                try await first.send(.put, "/v1/tenants/\(name)", document).expect(201)
            }
            try await first.send(.delete, "/v1/tenants/acme").expect(200)
            try await first.send(.put, "/v1/tenants/acme", ["hosts": ["a.com"], "cell": "cell-1"]).expect(201)
            let exported = try await first.send(.get, "/v1/tenants:export", as: .viewer).expect(200)
            #expect(exported.fields[.contentType] == Self.ndjson)
            #expect(try exported.lines.map { $0["epoch"] } == [2, 1, 7])

            try await TestAPI.with { second in
                for cell in ["cell-1", "cell-2"] { try await second.addCell(cell) }
                let report = try await send("/v1/tenants:import", try exported.text, second).expect(200)
                #expect(try report["created"] == 3 && report["failed"] == 0, "\(report.shown)")
                #expect(try await second.send(.get, "/v1/tenants:export").bytes == exported.bytes)
                let again = try await send("/v1/tenants:import", try exported.text, second).expect(200)
                #expect(try again["unchanged"] == 3)
            }
            let suspended = try await first.send(.get, "/v1/tenants:export?state=suspended&cell=cell-2")
            #expect(try suspended.lines.map { $0["id"] } == ["b:b"])
        }
    }

    @Test("an export of more than a page has every tenant once")
    func longExport() async throws {
        try await TestAPI.with { api in
            try await api.addCell("cell-1", capacity: 10_000)
            let lines = (0..<2 * Limits.pageItemsMax).map { "{\"id\":\"t\($0)\"}" }.joined(separator: "\n")
            try await send("/v1/tenants:import", lines, api).expect(200)
            let ids = try await api.send(.get, "/v1/tenants:export").lines.compactMap { $0["id"]?.string }
            #expect(ids.count == 2 * Limits.pageItemsMax)
            #expect(Set(ids).count == ids.count)
        }
    }
}
