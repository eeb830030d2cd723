import Foundation
import JSON
import Testing

extension EndToEndTests {
    @Suite struct StopTests {
        let scratch: Scratch

        init() throws { scratch = try Scratch() }

        @Test(arguments: [SIGTERM, SIGINT])
        func whatIsInFlightIsAnsweredAndLongPollsAreReleased(_ signal: Int32) throws {
            let server = try Server(scratch.data)
            try server.admin.makeCell("cell-1")
            let polls = Shared<[Answer]>([])
            let tag = try #require(try server.anonymous.must("GET", "/v1/routing-table")["revision"]?.string)
            let pollers = Crew(20) { _, _ in
                guard
                    let answer = try? server.anonymous.send("GET", "/v1/routing-table?since=\(tag)&wait=60s")
                else { return }
                polls.change { $0.append(answer) }
            }
            // An import whose second line is still to come.
            let lines = [#"{"id":"acme","cell":"cell-1"}"#, #"{"id":"globex","cell":"cell-1"}"#].map {
                $0 + "\n"
            }
            let length = lines.joined().utf8.count
            let importing = try RawConnection(port: server.port)
            importing.send(
                "POST /v1/tenants:import HTTP/1.1\r\nHost: titan\r\nAuthorization: Bearer \(server.adminToken)\r\n"
                    + "Content-Type: application/x-ndjson\r\nContent-Length: \(length)\r\n\r\n" + lines[0])
            let areHeld = try eventually {
                try Client(server.healthURL).send("GET", "/metrics").text.contains("\ntitan_watches 20\n")
            }
            #expect(areHeld)

            let began = ContinuousClock.now
            server.process.signal(signal)
            let isStopping = server.process.line(within: .seconds(5)) {
                $0.contains(#""stopping""#) ? true : nil
            }
            #expect(isStopping == true)
            importing.send(lines[1])
            let answer = try importing.rest()
            #expect(answer.hasPrefix("HTTP/1.1 200"), "\(answer)")
            #expect(answer.contains(#""created":2"#), "\(answer)")
            #expect(try server.process.ended(within: .seconds(10)) == 0)
            report("stop with 20 long polls and an import in flight: \((.now - began).shown)")

            pollers.join()
            #expect(polls.value.count == 20)
            for poll in polls.value {
                #expect(poll.status == 200 && poll.json["from"]?.string == tag)
                #expect(poll[field: "Connection"] == "close")
            }
            #expect(server.process.lines.last?.contains(#""stopped""#) == true)
            // The log is in the database file.
            #expect(size(of: scratch.data + "/registry.db-wal") == 0)
            #expect(try Server.problems(in: scratch.data) == "")
            let again = try Server(scratch.data)
            #expect(try again.admin.send("GET", "/v1/tenants/globex").status == 200)
        }

        @Test func whoNeverEndsHisRequestDoesNotHoldUpTheEnd() throws {
            let server = try Server(scratch.data)
            let endless = try RawConnection(port: server.port)
            endless.send(
                "POST /v1/tenants:import HTTP/1.1\r\nHost: titan\r\nAuthorization: Bearer \(server.adminToken)\r\n"
                    + "Content-Type: application/x-ndjson\r\nContent-Length: 1000\r\n\r\n{")
            let idle = try RawConnection(port: server.port)
            idle.send("GET /v1/cells HTTP/1.1\r\nHo")
            let isThere = try eventually {
                let connections = try Client(server.healthURL).send("GET", "/metrics").text
                    .split(separator: "\n").first { $0.hasPrefix("titan_http_connections ") }
                return connections?.split(separator: " ").last.flatMap { Int($0) } ?? 0 >= 3
            }
            #expect(isThere)
            #expect(try server.stop() == 0)
            #expect(try Server.problems(in: scratch.data) == "")
        }
    }
}
