import HTTP
import JSON
import Registry
import Testing

@Suite("Releases")
struct ReleaseEndpointsTests {
    private let images: JSONValue = ["images": ["order-service": "titan/order-service:v1.1.0"]]

    @Test("a release is made, read, changed and deleted while no rollout has used it")
    func life() async throws {
        try await TestAPI.with { api in
            let made = try await api.send(.put, "/v1/releases/v1.1.0", images, as: .releaser).expect(201)
            #expect(made.fields[.location] == "/v1/releases/v1.1.0")
            #expect(try made["used"] == false)
            let again = try await api.send(.put, "/v1/releases/v1.1.0", images).expect(200)
            #expect(try again["revision"] == made["revision"])
            let other: JSONValue = [
                "images": ["order-service": "titan/order-service:v1.1.1"], "notes": "again",
            ]
            let changed = try await api.send(.put, "/v1/releases/v1.1.0", other).expect(200)
            #expect(try changed["previousRevision"] == made["revision"])
            let read = try await api.send(.get, "/v1/releases/v1.1.0", as: .viewer).expect(200)
            #expect(try read["notes"] == "again")
            #expect(try await api.page("/v1/releases", key: "name") == ["v1.1.0"])
            try await api.send(.delete, "/v1/releases/v1.1.0").expect(200)
            try await api.send(.get, "/v1/releases/v1.1.0").expect(404, "notFound")
        }
    }

    @Test("once a rollout has used it, its images never change and it stays; its notes may change")
    func used() async throws {
        try await TestAPI.withRelease { api in
            _ = try await api.beginRollout()
            #expect(try await api.send(.get, "/v1/releases/v1.1.0").expect(200)["used"] == true)
            let refused = try await api.send(
                .put, "/v1/releases/v1.1.0", ["images": ["order-service": "titan/order-service:other"]]
            ).expect(409, "inUse")
            #expect(try refused["errors"]?.array?.first?["field"] == "images.order-service")
            try await api.send(.delete, "/v1/releases/v1.1.0").expect(409, "inUse")
            let noted: JSONValue = [
                "images": ["order-service": "titan/order-service:v1.1.0"], "notes": "rolled out on Monday",
            ]
            try await api.send(.put, "/v1/releases/v1.1.0", noted).expect(200)
            #expect(try await api.send(.get, "/v1/releases/v1.1.0").expect(200)["used"] == true)
        }
    }

    @Test(
        "what is wrong is named field by field",
        arguments: [
            (["images": [:]], "images"), ([:], "images"),
            (["images": ["order-service": ""]], "images.order-service"),
            (["images": ["order-service": "a:b"], "colour": "red"], "colour"),
            (["images": ["order-service": "a:b"], "name": "v2"], "name"),
        ] as [(JSONValue, String)])
    func wrong(_ document: JSONValue, _ field: String) async throws {
        try await TestAPI.with { api in
            let answer = try await api.send(.put, "/v1/releases/v1.1.0", document).expect(
                400, "invalidArgument")
            #expect(try answer["errors"]?.array?.contains { $0["field"] == .string(field) } == true)
        }
    }
}
