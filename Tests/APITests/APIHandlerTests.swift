import API
import HTTP
import JSON
import Registry
import Testing

@Suite("Requests before any operation")
struct APIHandlerTests {
    @Test("a path that is not there is 404, whoever asks")
    func unknownPaths() async throws {
        try await TestAPI.withAcme { api in
            for path in [
                "/", "/v2/cells", "/v1", "/v1/cells/", "/v1/cells/cell-1/", "/v1/cells/cell-1:fly",
                "/v1//cells",
                "/v1/cells/cell-1/tenants/acme", "/metrics", "/V1/cells",
            ] {
                try await api.send(.get, path, as: nil).expect(404, "notFound")
            }
            try await api.send(.get, "/v1/cells", on: .health).expect(404, "notFound")
            try await api.send(.get, "/metrics", on: .health).expect(200)
        }
    }

    @Test("a method that a path does not take is 405, with those that it takes")
    func wrongMethods() async throws {
        try await TestAPI.withAcme { api in
            for (path, allowed) in [
                ("/v1/cells/cell-1", ["DELETE", "GET", "HEAD", "PATCH", "PUT"]),
                ("/v1/cells", ["GET", "HEAD"]),
                ("/v1/cells/cell-1:cordon", ["POST"]), ("/v1/tokens", ["GET", "HEAD", "POST"]),
                ("/metrics", ["GET", "HEAD"]),
            ] {
                let answer = try await api.send(.options, path, as: nil).expect(405, "methodNotAllowed")
                let listed = answer.fields[.allow]?.split(separator: ", ").map(String.init) ?? []
                #expect(listed.filter { $0 != "OPTIONS" }.sorted() == allowed)
                for method in [Method.trace, .query] {
                    try await api.send(method, path, as: nil).expect(405, "methodNotAllowed")
                }
            }
        }
    }

    @Test("a body on what is read is 400, and 405 where nothing can be read")
    func bodies() async throws {
        try await TestAPI.withAcme { api in
            for method in [Method.get, .head] {
                try await api.send(method, "/v1/cells", [:]).expect(400, "malformedRequest")
                try await api.send(method, "/v1/cells/cell-1:cordon", [:]).expect(405, "methodNotAllowed")
            }
        }
    }

    @Test("HEAD is answered as GET is")
    func head() async throws {
        try await TestAPI.withAcme { api in
            for path in [
                "/v1/cells", "/v1/cells/cell-1", "/v1/routing-table", "/v1/routes/acme", "/health/live",
            ] {
                let (head, get) = (try await api.send(.head, path), try await api.send(.get, path))
                #expect(head.status == get.status)
                #expect(head.etag == get.etag)
                #expect(head.fields[.contentType] == get.fields[.contentType])
            }
            try await api.send(.head, "/v1/cells/nowhere").expect(404, "notFound")
        }
    }

    @Test("a bad escape is refused, in the path and in the query")
    func badEscapes() async throws {
        try await TestAPI.withAcme { api in
            try await api.send(.get, "/v1/tenants/a%zz").expect(400, "malformedRequest")
            try await api.send(.get, "/v1/tenants/a%ff").expect(400, "malformedRequest")
            try await api.send(.get, "/v1/cells?zone=%4").expect(400, "malformedRequest", field: "zone")
            try await api.send(.get, "/v1/cells?zone=%ff").expect(400, "malformedRequest", field: "zone")
            try await api.send(.get, "/v1/cells?%zz=1").expect(400, "malformedRequest")
        }
    }

    @Test("a query parameter that is not known, or comes twice, is named")
    func unknownParameters() async throws {
        try await TestAPI.withAcme { api in
            try await api.send(.get, "/v1/cells?colour=red").expect(400, "invalidArgument", field: "colour")
            try await api.send(.get, "/v1/cells/cell-1?limit=3").expect(
                400, "invalidArgument", field: "limit")
            try await api.send(.get, "/v1/cells?limit=3&limit=3").expect(
                400, "malformedRequest", field: "limit")
            try await api.send(.put, "/v1/cells/cell-2?dryrun=true", ["zone": "a"])
                .expect(400, "invalidArgument", field: "dryrun")
            try await api.send(.get, "/v1/cells/cell-2").expect(404)
        }
    }

    @Test("who may not call an operation does not learn what is wrong with the call")
    func accessFirst() async throws {
        try await TestAPI.withAcme { api in
            try await api.send(.get, "/v1/tokens?colour=red", as: .viewer).expect(403, "permissionDenied")
            try await api.send(.get, "/v1/tokens?colour=red", as: nil).expect(401, "unauthenticated")
        }
    }

    @Test("a request keeps the name that it brings, and gets one where it brings none that will do")
    func requestIDs() async throws {
        try await TestAPI.withAcme { api in
            for path in ["/v1/cells", "/nowhere", "/v1/cells/nowhere", "/v1/routing-table", "/v1/cells?x=1"] {
                let kept = try await api.send(.get, path, fields: [.xRequestID: "ticket-4711"])
                #expect(kept.fields[.xRequestID] == "ticket-4711", "\(path)")
                for bad in ["", "has space", "ümlaut", String(repeating: "x", count: 129)] {
                    let made = try await api.send(.get, path, fields: [.xRequestID: bad])
                    #expect(made.fields[.xRequestID] != bad, "\(path)")
                }
            }
            let first = try await api.send(.get, "/v1/cells"), second = try await api.send(.get, "/v1/cells")
            #expect(first.fields[.xRequestID] != second.fields[.xRequestID])
        }
    }

    @Test("an answer from memory names the request only where it named itself; a problem always")
    func requestIDsFromMemory() async throws {
        try await TestAPI.withAcme { api in
            for path in ["/health/live", "/v1/routes/acme", "/v1/routing-table"] {
                let kept = try await api.send(.get, path, fields: [.xRequestID: "ticket-4711"]).expect(200)
                #expect(kept.fields[.xRequestID] == "ticket-4711", "\(path)")
                // The first table is made off the loop; the next one lies ready.
                let bare = try await api.send(.get, path).expect(200)
                #expect(bare.fields[.xRequestID] == nil, "\(path)")
            }
            let missing = try await api.send(.get, "/v1/routes/nobody").expect(404, "notFound")
            #expect(missing.fields[.xRequestID] != nil)
        }
    }

    @Test("a POST to a path that only reads, and the other way round, names what is served")
    func allowNamesMethods() async throws {
        try await TestAPI.with { api in
            let answer = try await api.send(.get, "/v1/routes:resolve").expect(405, "methodNotAllowed")
            #expect(answer.fields[.allow] == "POST")
            #expect(try answer["detail"]?.string?.contains("POST") == true)
        }
    }
}
