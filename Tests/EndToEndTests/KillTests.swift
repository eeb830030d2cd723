import Foundation
import HTTPClient
import JSON
import Testing

extension EndToEndTests {
    /// kill -9 at random instants under load: what was acknowledged is there afterwards, and nothing is half done.
    @Suite struct KillTests {
        private static let writers = 8
        private static let pollers = 4
        let scratch: Scratch

        init() throws { scratch = try Scratch() }

        @Test func noAcknowledgedWriteIsLostToAKill() throws {
            report("seed \(Settings.seed)")
            var random = Seeded(Settings.seed)
            var server = try Server(scratch.data)
            for number in 1...3 { try server.admin.makeCell("cell-\(number)", zone: "us-east-1\(number)") }
            let writers = (0..<Self.writers).map(Writer.init)
            let switcher = try Switcher(server)
            let gateways = Gateways(Self.pollers, at: server.url)
            defer { gateways.dismiss() }
            var starts = Figures()
            var loaded = Duration.zero
            var audited: Int64 = 0

            for kill in 1...Settings.kills {
                let crew = Crew(Self.writers + 1) { [server] crew, member in
                    if member < Self.writers {
                        writers[member].write(while: crew, at: server)
                    } else {
                        switcher.work(while: crew, at: server)
                    }
                }
                let began = ContinuousClock.now
                usleep(.random(in: 20_000...600_000, using: &random))
                try server.kill()
                loaded += .now - began
                crew.dismiss()
                crew.join()

                server = try Server(scratch.data)
                starts.add(server.startTime)
                gateways.move(to: server.url)
                let found = try Self.tenants(server)
                let events = try Self.events(server, after: &audited)
                let recorded = events.mapValues { (tenant: $0.tenant, operation: $0.operation) }
                var faults = writers.flatMap { $0.audit(found, recorded) }
                faults += try switcher.audit(server, events)
                faults += gateways.faults
                try #require(faults.isEmpty, "after kill \(kill), seed \(Settings.seed): \(faults)")
            }

            let acknowledged = writers.reduce(switcher.acknowledged) { $0 + $1.acknowledged }
            let rate = Double(acknowledged) / (loaded / .seconds(1))
            report(
                "\(Settings.kills) kills: \(acknowledged) writes acknowledged (\(Int(rate)) a second of load), 0 lost; "
                    + "\(writers.reduce(0) { $0 + $1.happened }) of those not answered had happened; "
                    + "\(switcher.repeated) POSTs repeated with their key")
            report("from start to ready after a kill: \(starts)")
            #expect(rate >= Double(Settings.writesPerSecondMin), "Too little load for the run to count.")
            #expect(starts.most < .seconds(20))

            let table = try server.anonymous.must("GET", "/v1/routing-table")
            let last = try RevisionTag(table["revision"]?.string)
            #expect(eventually { gateways.count(at: last.number) == Self.pollers })
            #expect(gateways.faults == [])
            #expect(try gateways.differences(from: table) == [])
            let tablesFetched = gateways.all.map(\.tables)
            #expect(tablesFetched == Array(repeating: 1, count: Self.pollers))
            gateways.dismiss()
            try server.kill()
            gateways.join()
            #expect(try Server.problems(in: scratch.data) == "")
        }

        /// Every tenant of the writers.
        private static func tenants(_ server: Server) throws -> [String: Ledger.State] {
            var found: [String: Ledger.State] = [:]
            var cursor = ""
            repeat {
                let page = try server.admin.must("GET", "/v1/tenants?limit=1000" + cursor)
                for tenant in page["items"]?.array ?? [] {
                    guard let id = tenant["id"]?.string, let revision = tenant["revision"]?.integer else {
                        continue
                    }
                    found[id] = Ledger.State(
                        revision: revision, n: tenant["labels"]?["n"]?.string.flatMap { Int64($0) })
                }
                cursor = page["nextCursor"]?.string.map { "&cursor=\($0)" } ?? ""
            } while cursor != ""
            return found
        }

        /// The audit after a revision.
        private static func events(_ server: Server, after: inout Int64) throws -> [Int64: Event] {
            var events: [Int64: Event] = [:]
            while true {
                let cursor = after == 0 ? "" : "&after=\(after)"
                let page = try server.admin.must("GET", "/v1/audit?limit=1000" + cursor)
                let items = page["items"]?.array ?? []
                for item in items {
                    guard let revision = item["revision"]?.integer, let id = item["id"]?.string,
                        let operation = item["operation"]?.string
                    else { throw Failure("What is \(item.encodedString())?") }
                    guard revision > after else { throw Failure("\(revision) does not follow \(after)") }
                    after = revision
                    events[revision] = Event(
                        tenant: id, operation: operation, reason: item["reason"]?.string ?? "")
                }
                if items.count < 1000 { return events }
            }
        }
    }
}

/// A recorded change.
private struct Event {
    var tenant: String
    var operation: String
    var reason: String
}

/// Puts, patches and deletes tenants of its own, one write at a time.
private final class Writer: Sendable {
    private static let tenants = 40
    private let number: Int
    private let state: Shared<State>

    private struct State {
        var ledger = Ledger()
        var random: Seeded
        var n: Int64 = 0
        var refusals: [String] = []
    }

    init(_ number: Int) {
        self.number = number
        state = Shared(State(random: Seeded(Settings.seed, 1 + number)))
    }

    var acknowledged: Int { state.value.ledger.acknowledged }
    var happened: Int { state.value.ledger.happened }

    func audit(_ found: [String: Ledger.State], _ events: [Int64: (tenant: String, operation: String)])
        -> [String]
    {
        state.change { $0.refusals + $0.ledger.audit(found, events: events) }
    }

    func write(while crew: Crew, at server: Server) {
        let client = server.admin
        while crew.isWorking {
            let (tenant, n, exists) = state.change { state in
                let tenant = "w\(number)-\(Int.random(in: 0..<Self.tenants, using: &state.random))"
                let exists = state.ledger.exists(tenant)
                state.n += 1
                let n = exists && Int.random(in: 0..<5, using: &state.random) == 0 ? nil : state.n
                state.ledger.began(tenant, n: n)
                return (tenant, n, exists)
            }
            let path = "/v1/tenants/\(tenant)"
            let labels: JSONValue = ["labels": ["n": .string(n.map(String.init) ?? "")]]
            let (method, operation, body): (String, String, JSONValue?) =
                switch (n, exists) {
                case (nil, _): ("DELETE", "deleteTenant", nil)
                case (_, true): ("PATCH", "patchTenant", labels)
                case (_, false): ("PUT", "putTenant", labels)
                }
            guard let answer = try? client.send(method, path, body) else { return }
            guard answer.response.isSuccess, let revision = answer.revision else {
                return state.change {
                    $0.refusals.append("\(method) \(path): \(answer.status) \(answer.text)")
                }
            }
            state.change { $0.ledger.acknowledged(revision, operation) }
        }
    }
}

/// Suspends and resumes one tenant in turn, each time with an Idempotency-Key; a POST that a kill left without
/// an answer is sent again with its key. Had one of them two effects, two of a kind would stand in a row.
private final class Switcher: Sendable {
    private struct State {
        var turn = 0
        var isOpen = false
        var acknowledged: [(turn: Int, revision: Int64)] = []
        var total = 0
        var repeated = 0
        var faults: [String] = []
        var lastOperation = "resumeTenant"
    }

    private let state = Shared(State())

    init(_ server: Server) throws { try server.admin.must("PUT", "/v1/tenants/switched", ["load": 1]) }

    var acknowledged: Int { state.value.total }
    var repeated: Int { state.value.repeated }

    func work(while crew: Crew, at server: Server) {
        let client = server.admin
        while crew.isWorking {
            let turn = state.change { state in
                if state.isOpen { state.repeated += 1 } else { state.turn += 1 }
                state.isOpen = true
                return state.turn
            }
            guard let answer = try? post(turn, client) else { return }
            state.change {
                guard answer.status == 200, let revision = answer.revision else {
                    return $0.faults.append("turn \(turn): \(answer.status) \(answer.text)")
                }
                $0.isOpen = false
                $0.total += 1
                $0.acknowledged.append((turn, revision))
            }
            if answer.status != 200 { return }
        }
    }

    private func post(_ turn: Int, _ client: Client) throws -> Answer {
        let action = turn % 2 == 1 ? "suspend" : "resume"
        return try client.send(
            "POST", "/v1/tenants/switched:\(action)", ["reason": .string("turn \(turn)")],
            fields: ["Idempotency-Key": "turn-\(turn)"])
    }

    /// - Returns: what is wrong with what was recorded since the last time.
    func audit(_ server: Server, _ events: [Int64: Event]) throws -> [String] {
        // What was answered before the kill is answered in the same way after it.
        if let last = state.value.acknowledged.last {
            let again = try post(last.turn, server.admin)
            guard again.status == 200, again.revision == last.revision else {
                return ["turn \(last.turn) was \(last.revision), and is again: \(again.status) \(again.text)"]
            }
        }
        return state.change { state in
            for (turn, revision) in state.acknowledged where events[revision]?.reason != "turn \(turn)" {
                // The one that was repeated may stand in the audit that was read before.
                if turn != state.acknowledged.first?.turn {
                    state.faults.append(
                        "turn \(turn) at \(revision) is \(String(describing: events[revision]))")
                }
            }
            for (revision, event) in events.sorted(by: { $0.key < $1.key })
            where event.tenant == "switched" && event.operation != "putTenant" {
                if event.operation == state.lastOperation {
                    state.faults.append("\(event) twice, at \(revision)")
                }
                state.lastOperation = event.operation
            }
            state.acknowledged = []
            return state.faults
        }
    }
}
