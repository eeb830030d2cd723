import ControlPlane
import Crypto
import HTTP
import JSON
import Registry
import Testing

@Suite("What was done")
struct AuditEndpointsTests {
    // MARK: Audit

    @Test("the audit goes through every event once, and each hash is over the one before")
    func chain() async throws {
        try await TestAPI.withAcme { api in
            try await api.send(.post, "/v1/tenants/acme:suspend", ["reason": "ünïcode \u{1F600} \"quoted\""])
                .expect(200)
            try await api.send(.delete, "/v1/tenants/acme").expect(200)
            for limit in [1, 4, 1000] {
                var hash = [UInt8](repeating: 0, count: 32)
                var (after, count) = ("0", Int64(0))
                while true {
                    let page = try await api.send(
                        .get, "/v1/audit?limit=\(limit)&after=\(after)", as: .viewer
                    ).expect(200)
                    for item in try page["items"]?.array ?? [] {
                        var event = try #require(item.object)
                        let shown = try #require(event["hash"]?.string)
                        event["hash"] = nil
                        hash = Array(SHA256.hash(data: hash + JSONValue.object(event).encoded(.canonical)))
                        #expect(
                            shown
                                == hash.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }
                                .joined())
                        count += 1
                        #expect(event["revision"] == .integer(count))
                    }
                    guard let next = try page["nextCursor"]?.string else { break }
                    after = next
                }
                #expect(count == api.revision, "\(limit)")
            }
        }
    }

    @Test("the audit is narrowed by every filter")
    func filters() async throws {
        try await TestAPI.withAcme { api in
            try await api.send(.post, "/v1/tenants/acme:suspend", as: .operator).expect(200)
            try await api.send(.put, "/v1/tenants/cell-1", [:]).expect(201)
            func operations(_ query: String) async throws -> [String] {
                let items = try await api.send(.get, "/v1/audit?\(query)").expect(200)["items"]?.array
                return items?.compactMap { $0["operation"]?.string } ?? []
            }
            #expect(try await operations("kind=cell") == ["putCell"])
            #expect(try await operations("kind=tenant") == ["putTenant", "suspendTenant", "putTenant"])
            #expect(try await operations("id=cell-1") == ["putCell", "putTenant"])
            #expect(try await operations("id=cell-1&kind=tenant") == ["putTenant"])
            #expect(try await operations("actor=operator") == ["suspendTenant"])
            #expect(try await operations("operation=suspendTenant&actor=admin") == [])
            #expect(try await operations("kind=tenant&after=\(api.revision - 1)") == ["putTenant"])
            #expect(try await operations("after=\(api.revision)") == [])
            #expect(try await operations("after=9223372036854775807") == [])
        }
    }

    // MARK: Events

    @Test("the feed has what was committed after a revision, and says where it has come to")
    func feed() async throws {
        try await TestAPI.withAcme { api in
            let all = try await api.send(.get, "/v1/events?limit=1000", as: .viewer).expect(200)
            #expect(try all["events"]?.array?.count == Int(api.revision))
            #expect(try all["from"] == .string("\(api.controlPlane.incarnation).0"))
            #expect(try all["revision"] == .string(api.controlPlane.revision.description))

            var (since, count) = ("\(api.controlPlane.incarnation).0", 0)
            while since != api.controlPlane.revision.description {
                let page = try await api.send(.get, "/v1/events?limit=2&since=\(since)").expect(200)
                count += try page["events"]?.array?.count ?? 0
                since = try #require(try page["revision"]?.string)
            }
            #expect(count == Int(api.revision))
            let tenants = try await api.send(.get, "/v1/events?kind=tenant").expect(200)
            #expect(try tenants["events"]?.array?.map { $0["id"] } == ["acme"])
            #expect(try tenants["revision"] == .string(api.controlPlane.revision.description))
        }
    }

    @Test("a feed that waits is woken by any change, and answered empty at its deadline")
    func longPoll() async throws {
        try await TestAPI.withAcme { api in
            let since = api.controlPlane.revision.description
            let (first, second) = (
                try api.poll("/v1/events?since=\(since)&wait=30s", as: .viewer),
                try api.poll("/v1/events?since=\(since)&wait=30s&kind=tenant", as: .viewer)
            )
            let empty = try await api.answer(try await first.ended(), to: first).expect(200)
            #expect(try empty["events"] == [] && empty["revision"] == .string(since))
            try await api.send(.patch, "/v1/cells/cell-1", ["labels": ["a": "1"]]).expect(200)
            let woken = try await api.answer(await first.woken(), to: first).expect(200)
            #expect(try woken["events"]?.array?.map { $0["operation"] } == ["patchCell"])
            let other = try await api.answer(await second.woken(), to: second).expect(200)
            #expect(
                try other["events"] == []
                    && other["revision"] == .string(api.controlPlane.revision.description))
            let late = try await api.send(.get, "/v1/events?since=\(since)&wait=30s").expect(200)
            #expect(try late["events"]?.array?.count == 1)
        }
    }

    @Test("a place in the feed that this registry has not seen is 410")
    func gone() async throws {
        try await TestAPI.withAcme { api in
            for since in ["aaaaaaaaaaaa.1", "\(api.controlPlane.incarnation).\(api.revision + 1)"] {
                try await api.send(.get, "/v1/events?since=\(since)&wait=30s", as: .viewer).expect(
                    410, "revisionGone")
            }
        }
    }

    // MARK: Reverting

    @Test("a change is undone by a new one, and that one too")
    func revert() async throws {
        try await TestAPI.withAcme { api in
            try await api.send(.patch, "/v1/tenants/acme", ["load": 5, "labels": ["a": "1"]]).expect(200)
            let change = api.revision
            let undone = try await api.send(.post, "/v1/changes/\(change):revert", ["reason": "too much"])
                .expect(200)
            #expect(
                try undone["reverted"] == .integer(change) && undone["revision"] == .integer(api.revision))
            #expect(try undone["resource"]?["load"] == 1 && undone["resource"]?["labels"] == nil)
            let event = try await api.send(.get, "/v1/audit?after=\(api.revision - 1)")["items"]?[0]
            #expect(event?["operation"] == "revertChange" && event?["reason"] == "too much")
            let redone = try await api.send(.post, "/v1/changes/\(api.revision):revert").expect(200)
            #expect(try redone["resource"]?["load"] == 5)
            let why = try await api.send(.get, "/v1/audit?after=\(api.revision - 1)")["items"]?[0]?["reason"]
            #expect(why == .string("reverts \(api.revision - 1)"))
        }
    }

    @Test("what was made is taken away, what was deleted comes back, and what was done to a cell is undone")
    func revertKinds() async throws {
        try await TestAPI.withAcme { api in
            try await api.send(.put, "/v1/tenants/initech", ["hosts": ["i.com"]]).expect(201)
            let gone = try await api.send(.post, "/v1/changes/\(api.revision):revert").expect(200)
            #expect(try gone["resource"] == .null)
            try await api.send(.get, "/v1/tenants/initech").expect(404)
            let back = try await api.send(.post, "/v1/changes/\(api.revision):revert").expect(200)
            #expect(try back["resource"]?["hosts"] == ["i.com"])
            #expect(try back["resource"]?["epoch"] == 2)
            try await api.send(.post, "/v1/cells/cell-1:cordon").expect(200)
            let uncordoned = try await api.send(.post, "/v1/changes/\(api.revision):revert").expect(200)
            #expect(try uncordoned["resource"]?["schedulable"] == true)
        }
    }

    @Test("a change that later ones stand on is not undone, and they are named")
    func revertConflict() async throws {
        try await TestAPI.withAcme { api in
            try await api.send(.patch, "/v1/tenants/acme", ["load": 2]).expect(200)
            let change = api.revision
            try await api.send(.patch, "/v1/tenants/acme", ["labels": ["a": "1"]]).expect(200)
            try await api.send(.patch, "/v1/tenants/acme", ["load": 3]).expect(200)
            let refused = try await api.send(.post, "/v1/changes/\(change):revert").expect(
                409, "revertConflict")
            let blockers = try #require(try refused["blockers"]?.array)
            #expect(blockers.map { $0["id"] } == [.string("\(api.revision)")])
            #expect(blockers[0]["kind"] == "change")
            // What does not touch the same is left as it is.
            let label = try await api.send(.post, "/v1/changes/\(api.revision - 1):revert").expect(200)
            #expect(try label["resource"]?["load"] == 3)
        }
    }

    @Test("a change of a token or a gateway can't be undone, and one that never was is not there")
    func revertRefused() async throws {
        try await TestAPI.withAcme { api in
            try await api.send(.post, "/v1/changes/1:revert").expect(409, "stateConflict")
            try await api.send(.post, "/v1/changes/\(api.revision + 1):revert").expect(404, "notFound")
            try await api.send(.post, "/v1/changes/9223372036854775807:revert").expect(404, "notFound")
        }
    }

    @Test("a revert has a dry run, whose plan holds until a later change")
    func revertPlan() async throws {
        try await TestAPI.withAcme { api in
            try await api.send(.patch, "/v1/tenants/acme", ["load": 2]).expect(200)
            let (change, path) = (api.revision, "/v1/changes/\(api.revision):revert")
            let tried = try await api.send(.post, "\(path)?dryRun=true").expect(200)
            #expect(try tried["effects"]?[0]?["after"]?["load"] == 1)
            #expect(try tried["result"]?["reverted"] == .integer(change))
            #expect(api.revision == change)
            let plan = try tried["plan"]?.string ?? ""
            try await api.send(.patch, "/v1/tenants/acme", ["labels": ["a": "1"]]).expect(200)
            try await api.send(.post, path, fields: [.ifPlanMatch: plan]).expect(412, "planChanged")
            #expect(try await api.send(.get, "/v1/tenants/acme")["load"] == 2)
            let fresh = try await api.send(.post, "\(path)?dryRun=true")["plan"]?.string ?? ""
            try await api.send(.post, path, fields: [.ifPlanMatch: fresh]).expect(200)
            #expect(try await api.send(.get, "/v1/tenants/acme")["load"] == 1)
        }
    }
}
