import HTTP
import JSON
import Registry
import Testing

@Suite("Placement")
struct PlacementEndpointsTests {
    @Test("a simulation shows every cell's verdict, the chosen one first, and the write does what it said")
    func simulate() async throws {
        try await TestAPI.with { api in
            try await api.addCell("full", capacity: 1)
            try await api.addCell("far", zone: "us-east-1c")
            try await api.addCell("near")
            try await api.send(.put, "/v1/cells/cold", ["zone": "us-east-1a", "capacity": 100]).expect(201)
            let question: JSONValue = ["load": 5, "placement": ["zones": ["us-east-1a"]]]
            let answer = try await api.send(.post, "/v1/placement:simulate", question, as: .viewer).expect(
                200)
            #expect(try answer["cell"] == "near")
            let verdicts = try #require(try answer["verdicts"]?.array)
            #expect(verdicts.count == 4)
            #expect(verdicts[0]["cell"] == "near" && verdicts[0]["chosen"] == true)
            var objections: [String: [String]] = [:]
            for verdict in verdicts {
                let codes = verdict["objections"]?.array?.compactMap { $0["code"]?.string } ?? []
                objections[verdict["cell"]?.string ?? ""] = codes
                #expect(verdict["feasible"] == .bool(codes.isEmpty))
            }
            #expect(
                objections == ["near": [], "full": ["noHeadroom"], "far": ["zone"], "cold": ["notActive"]])
            #expect(try await api.send(.put, "/v1/tenants/acme", question).expect(201)["cell"] == "near")
        }
    }

    @Test("nothing feasible is null, and a registry without cells has no verdicts")
    func nowhere() async throws {
        try await TestAPI.with { api in
            let answer = try await api.send(.post, "/v1/placement:simulate", [:], as: .viewer).expect(200)
            #expect(try answer["cell"] == .null && answer["verdicts"] == [])
        }
    }

    @Test("a question with an unknown field is refused", arguments: ["host", "cell"])
    func unknownField(_ field: String) async throws {
        try await TestAPI.with { api in
            try await api.send(.post, "/v1/placement:simulate", .object([field: "x"]))
                .expect(400, "invalidArgument", field: field)
        }
    }

    @Test("an explanation has the tenant's own cell among the verdicts, and does not count it against itself")
    func explain() async throws {
        try await TestAPI.with { api in
            try await api.addCell("cell-1", capacity: 5)
            try await api.addCell("cell-2", capacity: 4)
            try await api.send(.put, "/v1/tenants/acme", ["load": 5, "placement": ["dedicated": true]])
                .expect(201)
            let answer = try await api.send(.get, "/v1/tenants/acme:explain", as: .viewer).expect(200)
            #expect(try answer["cell"] == "cell-1")
            #expect(try answer["question"] == ["load": 5, "placement": ["dedicated": true]])
            #expect(try answer["verdicts"]?[0]?["cell"] == "cell-1")
            #expect(try answer["verdicts"]?[0]?["feasible"] == true)
            try await api.send(.get, "/v1/tenants/nobody:explain").expect(404, "notFound")
        }
    }
}
