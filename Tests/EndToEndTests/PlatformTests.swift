import Foundation
import JSON
import Synchronization
import Testing

extension EndToEndTests {
    /// The platform of the guide: 500 cells in three zones, a tenant a shop, 500 gateways.
    @Suite struct PlatformTests {
        let scratch: Scratch

        init() throws { scratch = try Scratch() }

        @Test func everyGatewayEndsWithTheTableThatOperatorsMadeOverRestarts() throws {
            var server = try Server(scratch.data)
            let tenants = try importPlatform(server)
            let gateways = Gateways(Settings.gateways, at: server.url)
            defer { gateways.dismiss() }
            let first = try RevisionTag(server.anonymous.must("GET", "/v1/routing-table")["revision"]?.string)
            #expect(
                eventually(within: .seconds(120)) { gateways.count(at: first.number) == Settings.gateways })

            // A third of the writes each before, between and after a stop and a kill.
            let operators = Operators(tenants: tenants)
            try operators.write(60, at: server)
            try server.stop()
            server = try restart(gateways)
            try operators.write(60, at: server)
            try server.kill()
            server = try restart(gateways)
            try operators.write(60, at: server)

            let table = try server.anonymous.must("GET", "/v1/routing-table")
            let last = try RevisionTag(table["revision"]?.string)
            let spread = ContinuousClock.now
            #expect(eventually { gateways.count(at: last.number) == Settings.gateways })
            report("the last revision is at all gateways after \((.now - spread).shown) more")
            #expect(gateways.faults == [])
            #expect(try gateways.differences(from: table) == [])
            let logs = gateways.all
            // All of it by delta: no restart sent a gateway back to the whole table.
            #expect(logs.allSatisfy { $0.tables == 1 && $0.deltas > 3 })
            report(
                "\(Settings.gateways) gateways took \(logs.reduce(0) { $0 + $1.deltas }) deltas and "
                    + "\(logs.reduce(0) { $0 + $1.empty }) empty ones; writes beside them: \(operators.times.value)"
            )

            // Their next poll says so.
            let path = "/v1/revisions/\(last.number)/convergence"
            let haveSaidSo = try eventually { try server.admin.must("GET", path)["converged"]?.bool == true }
            let convergence = try server.admin.send("GET", path).text
            #expect(haveSaidSo, "\(convergence.prefix(1_000))")
            gateways.dismiss()
            #expect(try server.stop() == 0)
            gateways.join()
            #expect(try Server.problems(in: scratch.data) == "")
        }

        private func restart(_ gateways: Gateways) throws -> Server {
            let server = try Server(scratch.data)
            report("ready \(server.startTime.shown) after the start")
            gateways.move(to: server.url)
            return server
        }

        /// - Returns: the tenants' names.
        private func importPlatform(_ server: Server) throws -> [String] {
            let cells = try scratch.file("cells.ndjson", lines(0..<Settings.cells, cell))
            let hosts = try Self.hosts()
            let tenants = try scratch.file(
                "tenants.ndjson",
                lines(hosts.indices) { #"{"id":"tenant-\#($0)","hosts":["\#(hosts[$0])"]}"# })
            for (command, count) in [
                (["cells", "import", cells], Settings.cells),
                (["tenants", "import", tenants], hosts.count),
            ] {
                let began = ContinuousClock.now
                let ending = try Program.cellctl.run(command, environment: server.shell)
                #expect(ending.status == 0, "\(ending)")
                #expect(ending.output.contains("\(count) lines: \(count) created"), "\(ending)")
                report("\(count) \(command[0]) imported in \((.now - began).shown)")
            }
            return hosts.indices.map { "tenant-\($0)" }
        }

        private func lines(_ numbers: Range<Int>, _ line: (Int) -> String) -> String {
            numbers.map { line($0) + "\n" }.joined()
        }

        private func cell(_ number: Int) -> String {
            let zone = "us-east-1" + ["a", "b", "c"][number % 3]
            let ports = [("order-service", 50051), ("inventory-service", 50052), ("payment-service", 50053)]
            let endpoints = ports.map { #""\#($0)":"cell-\#(number).titan-cells.svc.cluster.local:\#($1)""# }
            return
                #"{"id":"cell-\#(number)","zone":"\#(zone)","state":"active","capacity":100000,"endpoints":{\#(endpoints.joined(separator: ","))}}"#
        }

        /// One a tenant: of the file that was given, or made up.
        private static func hosts() throws -> [String] {
            guard let file = Settings.hostsFile else {
                return (0..<Settings.tenants).map { "shop-\($0).example.com" }
            }
            guard let zcat = Program.installed("zcat") else { throw Failure("There is no zcat.") }
            return try zcat.run([file]).output.split(separator: "\n").map(String.init)
        }
    }
}

/// Operators who change what gateways route by.
private final class Operators: Sendable {
    private static let count = 4
    let tenants: [String]
    let times = Shared(Figures())
    private let rounds = Atomic(0)

    init(tenants: [String]) { self.tenants = tenants }

    /// - Throws: `Failure` where a write is refused.
    func write(_ count: Int, at server: Server) throws {
        let refusals = Shared<[String]>([])
        let admin = server.admin
        let crew = Crew(Self.count) { [self] _, member in
            var random = Seeded(Settings.seed, 1_000 + member)
            for _ in 0..<count / Self.count {
                let round = rounds.add(1, ordering: .relaxed).newValue
                let began = ContinuousClock.now
                do { try write(round, member, admin, &random) } catch {
                    refusals.change { $0.append("\(error)") }
                }
                let time = .now - began
                times.change { $0.add(time) }
            }
        }
        crew.join()
        guard refusals.value.isEmpty else { throw Failure(refusals.value.joined(separator: "\n")) }
    }

    private func write(_ round: Int, _ member: Int, _ admin: Client, _ random: inout Seeded) throws {
        // Each operator has its own tenants, so that no two undo each other's work.
        let number = Int.random(in: 0..<tenants.count / Self.count, using: &random) * Self.count + member
        let tenant = tenants[number]
        switch round % 6 {
        case 0:
            try admin.must(
                "PUT", "/v1/tenants/new-\(round)", ["hosts": .array([.string("new-\(round).example.com")])])
        case 1:
            _ = try admin.send("POST", "/v1/tenants/\(tenant):suspend")
        case 2:
            try admin.must(
                "PATCH", "/v1/tenants/\(tenant)", ["hosts": .array([.string("moved-\(round).example.com")])])
        case 3:
            // Gone, and here again: on another cell, with another host.
            let was = try admin.send("DELETE", "/v1/tenants/\(tenant)")
            guard was.status == 200 else { throw Failure(was.text) }
            try admin.must("PUT", "/v1/tenants/\(tenant)", ["hosts": [.string("again-\(round).example.com")]])
        case 4:
            let cell = "cell-\(Int.random(in: 0..<Settings.cells, using: &random))"
            let address = JSONValue.string("\(cell)-\(round).titan-cells.svc.cluster.local:50051")
            try admin.must("PATCH", "/v1/cells/\(cell)", ["endpoints": ["order-service": address]])
        default:
            _ = try admin.send("POST", "/v1/tenants/\(tenant):resume")
        }
    }
}
