import Foundation
import HTTPClient
import JSON
import Testing

extension EndToEndTests {
    /// A disk that fails: a write is never called failed that may be there later, and never called done that is not.
    @Suite struct DiskErrorTests {
        @Test(arguments: ["fdatasync", "pwrite64"])
        func aWriteIsDoneOrUnknownAndARetryWithItsKeyHasOneEffect(_ call: String) throws {
            guard let strace = Self.strace() else { return report("skipped: processes can't be traced here") }
            var seen = Seen()
            for number in 0..<Settings.diskErrors {
                // What a start does is hit by the first, writes by the others. Each thread counts its own calls.
                try Self.fail(call, at: 1 + 3 * number, strace, &seen)
            }
            report("\(Settings.diskErrors) errors of \(call): \(seen)")
            #expect(seen.unknown > 0, "No error struck a write.")
        }

        /// What became of the errors.
        private struct Seen: CustomStringConvertible {
            var starts = 0, unknown = 0, borne = 0
            var ends = Figures()

            var description: String {
                "\(starts) ended a start, \(unknown) were answered outcomeUnknown, \(borne) made no difference; "
                    + "from the answer to the end of the process \(ends)"
            }
        }

        private static func fail(_ call: String, at count: Int, _ strace: Program, _ seen: inout Seen) throws
        {
            let scratch = try Scratch()
            let prepared = try Server(scratch.data)
            try prepared.admin.makeCell("cell-1")
            try prepared.kill()

            let trace = scratch.path + "/trace"
            let tracer = [
                strace.path, "-f", "-qq", "-D", "-o", trace, "-e", "trace=\(call)",
                "-e", "inject=\(call):error=EIO:when=\(count)",
            ]
            var written = Written()
            do {
                let server = try Server(scratch.data, tracer: tracer)
                written = try write(3 * Settings.diskErrors + 50, at: server)
                if written.open == nil {
                    // SQLite bears it where the call was no part of what makes a write durable.
                    seen.borne += 1
                    #expect(try server.stop() == 0)
                } else {
                    let failed = ContinuousClock.now
                    #expect(try server.process.ended(within: .seconds(5)) == 70)
                    seen.ends.add(.now - failed)
                    seen.unknown += 1
                }
            } catch let refusal as Server.StartFailure {
                seen.starts += 1
                #expect(refusal.status > 0 && refusal.lines.joined().contains("disk I/O error"), "\(refusal)")
            }
            let calls = try String(contentsOfFile: trace, encoding: .utf8)
            #expect(calls.contains("(INJECTED)"), "\(call) \(count) was never made")

            #expect(try Server.problems(in: scratch.data) == "", "after \(call) \(count)")
            let server = try Server(scratch.data)
            let there = try server.admin.must("GET", "/v1/tokens?limit=1000")["items"]?.array ?? []
            for (token, revision) in written.acknowledged {
                #expect(there.first { $0["name"]?.string == token }?["revision"]?.integer == revision)
            }
            if let open = written.open { try expectOneEffect(of: open, server) }
            #expect(try server.stop() == 0)
            #expect(try Server.problems(in: scratch.data) == "")
        }

        private struct Written {
            /// Tokens with their revisions.
            var acknowledged: [String: Int64] = [:]
            /// The one whose outcome is open.
            var open: String?
        }

        /// Writes until the disk fails, or that many times.
        private static func write(_ count: Int, at server: Server) throws -> Written {
            let admin = server.admin
            var written = Written()
            for number in 0..<count {
                let token = "t\(number)"
                let answer = try? post(token, admin)
                if let answer, answer.status == 201 {
                    written.acknowledged[token] = answer.revision
                    continue
                }
                // An answer that is none of these would call failed what may have happened.
                if let answer {
                    #expect(answer.status == 500 && answer.code == "outcomeUnknown", "\(answer.text)")
                }
                written.open = token
                return written
            }
            return written
        }

        /// A write by POST, with a key: done twice, it would be refused the second time.
        private static func post(_ token: String, _ admin: Client) throws -> Answer {
            try admin.send(
                "POST", "/v1/tokens", ["name": .string(token), "role": "viewer"],
                fields: ["Idempotency-Key": "key-of-\(token)"])
        }

        private static func expectOneEffect(of token: String, _ server: Server) throws {
            let first = try post(token, server.admin)
            let second = try post(token, server.admin)
            #expect(first.status == 201, "\(first.text)")
            #expect(first.response.body == second.response.body)
            let events =
                try server.admin.must("GET", "/v1/audit?kind=token&id=\(token)")["items"]?.array ?? []
            #expect(events.count == 1, "\(events.map { $0.encodedString() })")
        }

        /// Nil where it is not installed, or may not trace.
        private static func strace() -> Program? {
            guard let strace = Program.installed("strace"),
                let trial = try? strace.run(["-f", "-qq", "-o", "/dev/null", "/bin/true"]), trial.status == 0
            else { return nil }
            return strace
        }
    }
}
