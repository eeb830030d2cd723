import API
import ControlPlane
import Foundation
import HTTP
import JSON
import Registry
import Testing

@Suite("How the control plane is")
struct HealthEndpointsTests {
    @Test(
        "it is live on both listeners, and ready while nothing says otherwise",
        arguments: API.Operation.Listener.allCases)
    func health(_ listener: API.Operation.Listener) async throws {
        try await TestAPI.with { api in
            #expect(
                try await api.send(.get, "/health/live", as: nil, on: listener).expect(200).json == [
                    "status": "live"
                ])
            #expect(
                try await api.send(.get, "/health/ready", as: nil, on: listener).expect(200).json == [
                    "status": "ready"
                ])
            for why in ["starting", "stopping", "diskFull"] {
                api.status.become(why)
                let answer = try await api.send(.get, "/health/ready", as: nil, on: listener).expect(503)
                #expect(try answer.json == ["status": .string(why)])
                #expect(answer.fields[.retryAfter] == "1")
                try await api.send(.get, "/health/live", as: nil, on: listener).expect(200)
            }
        }
    }

    @Test("metrics count each request by its operation and status, in either format")
    func metrics() async throws {
        try await TestAPI.withAcme { api in
            for _ in 0..<3 { try await api.send(.get, "/v1/routes/acme").expect(200) }
            try await api.send(.get, "/v1/routes/nobody").expect(404)
            let plain = try await api.send(.get, "/metrics", as: nil, on: .health).expect(200)
            let lines = try plain.text.split(separator: "\n")
            func count(_ status: Int) -> Bool {
                lines.contains {
                    $0.contains("operation=\"getRoute\"") && $0.contains("status=\"\(status)\"")
                        && $0.hasSuffix(status == 200 ? " 3" : " 1")
                }
            }
            #expect(count(200) && count(404))
            let open = try await api.send(
                .get, "/metrics", as: nil, fields: [.accept: "application/openmetrics-text;version=1.0.0"],
                on: .health)
            #expect(open.fields[.contentType]?.hasPrefix("application/openmetrics-text") == true)
            #expect(try open.text.hasSuffix("# EOF\n"))
        }
    }

    @Test("the contract is served as it stands in the repository")
    func contract() async throws {
        try await TestAPI.with { api in
            let served = try await api.send(.get, "/openapi.yaml", as: nil).expect(200)
            #expect(served.fields[.contentType] == "application/yaml")
            #expect(try served.text == String(contentsOf: Contract.file, encoding: .utf8))
        }
    }

    @Test("the registry says what it is and how much is in it")
    func registry() async throws {
        try await TestAPI.withAcme { api in
            try await api.send(.put, "/v1/gateways/edge-1", [:], as: .gateway).expect(200)
            let answer = try await api.send(.get, "/v1/registry", as: .viewer).expect(200)
            #expect(try answer["incarnation"] == .string(api.controlPlane.incarnation.rawValue))
            #expect(try answer["revision"] == .string(api.controlPlane.revision.description))
            #expect(try answer["routingRevision"] == .string(api.table))
            #expect(try answer["cells"] == 1 && answer["tenants"] == 1 && answer["gateways"] == 1)
            #expect(try answer["version"] == "1.2.3")
        }
    }

    @Test("reconcilers are listed with their last run, or none")
    func reconcilers() async throws {
        try await TestAPI.with { api in
            let items = try #require(
                try await api.send(.get, "/v1/reconcilers", as: .viewer).expect(200)["items"]?.array)
            #expect(items[0]["lastStartedAt"] == .null && items[0]["failed"] == false)
            #expect(items[1]["lastEndedAt"] == "1970-01-01T00:00:00.002Z" && items[1]["failed"] == true)
        }
    }
}
