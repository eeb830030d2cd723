import Foundation
import JSON
import Testing

extension EndToEndTests {
    /// Thousands of clients that mean harm, beside gateways that go on.
    @Suite struct HostileConnectionTests {
        enum Attack: CaseIterable {
            /// A head that comes a byte a second.
            case slowHeads
            /// The same of a body, by someone who may send one.
            case slowBodies
            /// Half a head, and the client is gone.
            case halfHeads

            /// From the connection's begin until the server must have ended it: what it promises, and as much
            /// again for a machine that has more to do than this.
            var deadline: Duration { .seconds(self == .slowBodies ? 30 : 10) }
        }

        private static let gateways = 8
        let scratch: Scratch

        init() throws { scratch = try Scratch() }

        @Test(arguments: Attack.allCases)
        func lookupsGoOnAndEveryAttackerIsClosed(_ attack: Attack) throws {
            try Self.allowDescriptors(Settings.attackers + 1_000)
            let server = try Server(scratch.data)
            try server.admin.makeCell("cell-1")
            for number in 0..<100 {
                try server.admin.must("PUT", "/v1/tenants/t\(number)", ["cell": "cell-1"])
            }
            let baseline = server.descriptors

            let lookups = Lookups(Self.gateways, at: server)
            usleep(3_000_000)
            let atRest = lookups.taken()
            let attackers = try Self.attack(attack, server)
            let underAttack = lookups.taken()
            lookups.end()
            report(
                "\(attack), \(Settings.attackers) connections. Lookups at rest: \(atRest); under attack: \(underAttack)"
            )
            report("\(attack): the server ended the last one after \(attackers.shown)")

            #expect(lookups.failures == [])
            #expect(atRest.count > 100 && underAttack.count > 100)
            #expect(attackers <= attack.deadline)
            let isBack = eventually { server.descriptors <= baseline + Self.gateways }
            #expect(isBack, "\(server.descriptors) descriptors are open, \(baseline) were")
            // Whoever comes now is served at once.
            #expect(try Client(server.url).send("GET", "/v1/routes/t1").status == 200)
            #expect(try server.stop() == 0)
        }

        /// - Returns: the longest that the server bore with one of them.
        private static func attack(_ attack: Attack, _ server: Server) throws -> Duration {
            let head =
                switch attack {
                case .slowHeads, .halfHeads: "GET /v1/routes/t1 HTTP/1.1\r\nHost: titan\r\nX-Slow: "
                case .slowBodies:
                    "POST /v1/tenants:import HTTP/1.1\r\nHost: titan\r\nAuthorization: Bearer \(server.adminToken)\r\n"
                        + "Content-Type: application/x-ndjson\r\nContent-Length: 1000\r\n\r\n"
                }
            var open: [(connection: RawConnection, since: ContinuousClock.Instant)] = []
            let begin = ContinuousClock.now
            var count = 0
            while count < Settings.attackers || (attack == .halfHeads && .now - begin < .seconds(3)) {
                let connection = try RawConnection(port: server.port)
                connection.send(head)
                if attack != .halfHeads { open.append((connection, .now)) }
                count += 1
            }
            var longest = Duration.zero
            let end = ContinuousClock.now + attack.deadline * 3
            while !open.isEmpty, .now < end {
                open.removeAll { attacker in
                    guard attacker.connection.isClosed || !attacker.connection.send("x") else { return false }
                    longest = max(longest, .now - attacker.since)
                    return true
                }
                if !open.isEmpty { usleep(1_000_000) }
            }
            guard open.isEmpty else { throw Failure("\(open.count) of \(attack) are still connected") }
            return longest
        }

        private static func allowDescriptors(_ count: Int) throws {
            var limit = rlimit()
            getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            limit.rlim_cur = min(limit.rlim_max, max(limit.rlim_cur, UInt(count)))
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            guard limit.rlim_cur >= UInt(count) else {
                throw Failure("\(count) descriptors are not to be had here.")
            }
        }
    }
}

/// Gateways that look up one tenant after another, each on a connection that is kept.
private final class Lookups: Sendable {
    private let crew: Crew
    private let seen: Shared<(figures: Figures, failures: [String])>

    init(_ count: Int, at server: Server) {
        let seen = Shared<(figures: Figures, failures: [String])>((Figures(), []))
        self.seen = seen
        crew = Crew(count) { crew, member in
            let client = server.anonymous
            var number = member
            while crew.isWorking {
                number += count
                let began = ContinuousClock.now
                do {
                    let answer = try client.send("GET", "/v1/routes/t\(number % 100)")
                    let time = .now - began
                    let isRight = answer.status == 200 && answer.json["cell"]?.string == "cell-1"
                    seen.change {
                        $0.figures.add(time)
                        if !isRight { $0.failures.append("\(answer.status) \(answer.text)") }
                    }
                } catch {
                    seen.change { $0.failures.append("\(error)") }
                }
                usleep(5_000)
            }
        }
    }

    var failures: [String] { seen.value.failures }

    /// The figures since the last time.
    func taken() -> Figures {
        seen.change { seen in
            defer { seen.figures = Figures() }
            return seen.figures
        }
    }

    func end() {
        crew.dismiss()
        crew.join()
    }
}
