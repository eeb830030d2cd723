import JSON
import Registry
import TestRandom
import Testing

@testable import ControlPlane

@Suite("Routes of the past")
struct PastRoutesTests {
    /// The table as it was after a change, and when.
    private struct Moment: Sendable {
        var revision: Revision
        var at: Timestamp
        var table: JSONValue

        func route(of tenant: String, as tag: RevisionTag) -> JSONValue? {
            guard let entry = table["tenants"]?[tenant],
                let cell = entry["cell"]?.string.flatMap({ table["cells"]?[$0] })
            else { return nil }
            return [
                "tenant": .string(tenant), "cell": entry["cell"] ?? .null, "epoch": entry["epoch"] ?? .null,
                "state": entry["state"] ?? "serving", "zone": cell["zone"] ?? .null,
                "endpoints": cell["endpoints"] ?? [:],
                "revision": .string(tag.description),
            ]
        }
    }

    @Test(
        "every route that a table had is found again, by tenant and host, by revision and time",
        arguments: SeededRandom.seeds)
    func model(_ seed: UInt64) async throws {
        try await TemporaryControlPlane.with { temporary in
            try await temporary.withPlane { plane in
                var someone = RandomOperator(seed: seed)
                var moments: [Moment] = []
                for number in 1...5 {
                    try await plane.put(
                        cell: "cell-\(number)", ["zone": "a", "state": "active", "capacity": 6])
                }
                for _ in 0..<120 {
                    temporary.time.advance(.milliseconds(10))
                    try await someone.act(on: plane)
                    moments.append(
                        Moment(
                            revision: plane.revision.revision, at: plane.clock.now(), table: try plane.table))
                }
                let hosts = (1...6).map { "h\($0).com" }
                for moment in moments {
                    let tag = RevisionTag(plane.incarnation, moment.revision)
                    for name in ["t-1", "t-2", "t-3", "t-4", "t-5", "t-6", "größe 😀", "e\u{301}"] {
                        let tenant = try #require(TenantID(name))
                        let expected = moment.route(of: name, as: tag)
                        #expect(
                            try plane.pastRoute(of: tenant, at: .revision(moment.revision)) == expected,
                            "seed \(seed)")
                        #expect(
                            try plane.pastRoute(of: tenant, at: .time(moment.at)) == expected, "seed \(seed)")
                    }
                    for host in hosts {
                        let holder = moment.table["hosts"]?[host]?.string
                        let expected = holder.flatMap { moment.route(of: $0, as: tag) }
                        #expect(
                            try plane.pastRoute(ofHost: host, at: .revision(moment.revision)) == expected,
                            "seed \(seed)")
                        #expect(
                            try plane.pastRoute(ofHost: host, at: .time(moment.at)) == expected,
                            "seed \(seed)")
                    }
                }
            }
        }
    }

    @Test("before the first change there was nothing, and the future is not told")
    func edges() async throws {
        try await TemporaryControlPlane.with { temporary in
            try await temporary.withPlane { plane in
                let before = plane.clock.now()
                temporary.time.advance(.seconds(1))
                try await plane.addCells(1)
                try await plane.put(tenant: "t", ["hosts": ["a.com"]])
                let tenant = TenantID("t")!
                #expect(try plane.pastRoute(of: tenant, at: .time(before)) == nil)
                #expect(try plane.pastRoute(of: tenant, at: .revision(.zero)) == nil)
                #expect(try plane.pastRoute(ofHost: "a.com", at: .revision(Revision(rawValue: 1))) == nil)
                let error = #expect(throws: RegistryError.self) {
                    try plane.pastRoute(of: tenant, at: .revision(Revision(rawValue: 3)))
                }
                #expect(error?.code == .invalidArgument)
                let far = Timestamp(rawValue: .max)
                #expect(try plane.pastRoute(of: tenant, at: .time(far))?["cell"] == "cell-1")
            }
        }
    }

    @Test("why a tenant is where it is: the changes of its route alone, newest first")
    func changes() async throws {
        try await TemporaryControlPlane.withPlane { plane in
            try await plane.addCells(1)
            try await plane.put(tenant: "t", ["load": 1])
            for load: Int64 in 2...130 { try await plane.patch(tenant: "t", ["load": .integer(load)]) }
            try await plane.move(tenant: "t", .suspend, How(by: "ann", operation: "suspendTenant"))
            try await plane.patch(tenant: "t", ["hosts": ["a.com"]])
            try await plane.delete(tenant: "t")
            try await plane.put(tenant: "t")
            let tenant = TenantID("t")!
            let changes = try plane.routeChanges(of: tenant, limit: 10)
            #expect(changes.map(\.revision.rawValue) == [135, 134, 132, 2])
            #expect(changes[2].actor == "ann")
            #expect(changes[2].operation == "suspendTenant")
            #expect(try plane.routeChanges(of: tenant, limit: 2).map(\.revision.rawValue) == [135, 134])
            #expect(try plane.routeChanges(of: TenantID("nobody")!, limit: 10).isEmpty)
        }
    }
}
