import ControlPlane
import HTTPClient
import HTTPTestServer
import JSON
import Registry
import Synchronization
import Testing

@Suite("Webhook mover")
struct WebhookMoverTests {
    @Test("a call is one POST that names its question")
    func request() async throws {
        try await TestServer.run({ _ in .close(answer("200 OK", #"{"state":"done","message":"moved"}"#)) }) {
            server async throws in
            let mover = try webhookMover(server.url + "/titan?x=1")
            var call = moverCall(.finalCopy, attempt: 2)
            call.deadline = Timestamp("2026-01-31T12:03:20Z")
            call.traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
            #expect(await mover.call(call) == .done(message: "moved"))
            #expect(server.received.count == 1)
            let received = try #require(server.received.first)
            #expect(received.line == "POST /titan?x=1 HTTP/1.1")
            #expect(received.field("content-type") == "application/json")
            #expect(received.field("titan-delivery") == "migration-k3v7q2mzt5xa/3/finalCopy/2")
            #expect(received.field("titan-timestamp") == "1769860990")
            #expect(received.field("traceparent") == call.traceparent)
            #expect(
                try JSONValue(parsing: received.body) == [
                    "migration": "migration-k3v7q2mzt5xa", "batch": 3, "phase": "finalCopy", "attempt": 2,
                    "source": "cell-1",
                    "tenants": [
                        ["tenant": "acme", "target": "cell-2", "epoch": 4],
                        ["tenant": "é \"x\"", "target": "cell-3", "epoch": 1],
                    ],
                    "deadline": "2026-01-31T12:03:20.000Z", "sentAt": "2026-01-31T12:03:10.000Z",
                ])
        }
    }

    @Test("what is not known is left out")
    func leftOut() async throws {
        try await TestServer.run({ _ in .close(answer("200 OK", #"{"state":"done"}"#)) }) {
            server async throws in
            #expect(try await webhookMover(server.url).call(moverCall(.prepare)) == .done(message: ""))
            let received = try #require(server.received.first)
            #expect(received.field("traceparent") == nil)
            #expect(try JSONValue(parsing: received.body)["deadline"] == nil)
        }
    }

    @Test("the receiver finds the signature right with an HMAC of another make, and wrong for anything else")
    func signature() async throws {
        try await TestServer.run({ _ in .close(answer("200 OK", #"{"state":"done"}"#)) }) {
            server async throws in
            _ = try await webhookMover(server.url).call(moverCall(.copy))
            let received = try #require(server.received.first)
            let timestamp = try #require(received.field("titan-timestamp"))
            let signature = try #require(received.field("titan-signature"))
            let signed = Array("\(timestamp).".utf8) + received.body
            #expect(try signature == "v1=" + opensslHMAC(signed, key: secretText))
            #expect(try signature != "v1=" + opensslHMAC(received.body, key: secretText))
            #expect(try signature != "v1=" + opensslHMAC(signed + [0x20], key: secretText))
            #expect(try signature != "v1=" + opensslHMAC(signed, key: secretText + "x"))
        }
    }

    @Test(
        "the same question has the same key however often it is asked; another attempt and phase have others")
    func keys() async throws {
        try await TestServer.run({ _ in .close(answer("503 Busy")) }) { server async throws in
            let first = try webhookMover(server.url)
            _ = await first.call(moverCall(.copy, attempt: 1))
            // As after a restart: another process, another time.
            let second = try webhookMover(server.url, now: 1_769_861_000_000)
            _ = await second.call(moverCall(.copy, attempt: 1))
            _ = await second.call(moverCall(.copy, attempt: 2))
            _ = await second.call(moverCall(.catchUp, attempt: 2))
            let keys = server.received.map { $0.field("titan-delivery") ?? "" }
            #expect(keys[0] == keys[1])
            #expect(Set(keys).count == 3)
            let signatures = server.received.map { $0.field("titan-signature") ?? "" }
            #expect(signatures[0] != signatures[1], "the time is signed too")
        }
    }

    static let answers: [(String, String, MoverOutcome)] = [
        ("200 OK", #"{"state":"done"}"#, .done(message: "")),
        ("200 OK", #"{"state":"done","progress":1,"message":"all","more":[1]}"#, .done(message: "all")),
        (
            "200 OK", #"{"state":"running","progress":0.5,"message":"half","retryAfter":"5s"}"#,
            .running(progress: 0.5, message: "half", askAgainAfter: .seconds(5))
        ),
        (
            "200 OK", #"{"state":"running","progress":null,"message":null,"retryAfter":null}"#,
            .running(progress: nil, message: "", askAgainAfter: .seconds(2))
        ),
        (
            "200 OK", #"{"state":"running","retryAfter":"0s"}"#,
            .running(progress: nil, message: "", askAgainAfter: .milliseconds(50))
        ),
        (
            "200 OK", #"{"state":"running","progress":0,"retryAfter":"9h"}"#,
            .running(progress: 0, message: "", askAgainAfter: .seconds(300))
        ),
        ("202 Accepted", "", .running(progress: nil, message: "", askAgainAfter: .seconds(2))),
        ("202 Accepted", #"{"state":"done"}"#, .done(message: "")),
        ("200 OK", #"{"state":"failed","message":"no room"}"#, .failed(message: "no room")),
        ("200 OK", #"{"state":"failed"}"#, .failed(message: "The copier says that it can't, and not why.")),
        ("400 Bad Request", "what?", .failed(message: "The copier answered 400.")),
        ("401 Unauthorized", #"{"message":"who?"}"#, .failed(message: "The copier answered 401. who?")),
        ("409 Conflict", #"{"detail":"too late"}"#, .failed(message: "The copier answered 409. too late")),
        ("410 Gone", "", .failed(message: "The copier answered 410.")),
    ]

    @Test("each answer that says something is taken for what it says", arguments: answers)
    func answered(_ status: String, _ body: String, _ expected: MoverOutcome) async throws {
        try await TestServer.run({ _ in .close(answer(status, body)) }) { server async throws in
            #expect(try await webhookMover(server.url).call(moverCall(.copy)) == expected)
        }
    }

    @Test(
        "each answer that says nothing is asked for again",
        arguments: [
            ("200 OK", ""), ("200 OK", "done"), ("200 OK", "{}"), ("200 OK", "[]"), ("200 OK", #""done""#),
            ("200 OK", #"{"state":"finished"}"#), ("200 OK", #"{"state":true}"#),
            ("200 OK", #"{"state":"done""#),
            ("200 OK", #"{"state":"failed","state":"done"}"#), ("200 OK", "\u{feff}{\"state\":\"done\"}"),
            ("200 OK", #"{"state":"done","progress":1.5}"#),
            ("200 OK", #"{"state":"running","progress":-0.1}"#),
            ("200 OK", #"{"state":"running","progress":"50%"}"#),
            ("200 OK", #"{"state":"done","message":7}"#),
            ("200 OK", #"{"state":"running","retryAfter":5}"#),
            ("200 OK", #"{"state":"running","retryAfter":"soon"}"#),
            ("202 Accepted", "ok"), ("201 Created", #"{"state":"done"}"#), ("204 No Content", ""),
            ("300 Multiple Choices", #"{"state":"done"}"#), ("304 Not Modified", ""),
            ("408 Request Timeout", #"{"state":"done"}"#), ("425 Too Early", ""),
            ("429 Too Many Requests", ""),
            ("500 Internal Server Error", ""), ("502 Bad Gateway", "<html>"), ("503 Service Unavailable", ""),
            ("504 Gateway Timeout", ""), ("599 Odd", ""),
        ])
    func unanswered(_ status: String, _ body: String) async throws {
        let reply =
            status.hasPrefix("204") || status.hasPrefix("304")
            ? Array("HTTP/1.1 \(status)\r\n\r\n".utf8) : answer(status, body)
        try await TestServer.run({ _ in .close(reply) }) { server async throws in
            let outcome = try await webhookMover(server.url, random: 1).call(moverCall(.copy))
            guard case .unreachable(let message, let pause) = outcome else {
                Issue.record("\(status) \(body): \(outcome)")
                return
            }
            #expect(message.hasPrefix("The copier"))
            #expect(pause == .milliseconds(500))
        }
    }

    @Test("a pause that is asked for is kept to, within bounds, and none is shorter than the back-off")
    func pauses() async throws {
        for (field, failures, expected) in [
            ("Retry-After: 7", 0, Duration.seconds(7)), ("Retry-After: 0", 0, .milliseconds(500)),
            ("Retry-After: 999999", 0, .seconds(300)), ("Retry-After: 1", 7, .seconds(60)),
            ("Retry-After: -1", 3, .seconds(4)),
            ("Retry-After: Wed, 21 Oct 2026 07:28:00 GMT", 3, .seconds(4)),
            ("X-None: 1", 7, .seconds(60)),
        ] as [(String, Int, Duration)] {
            let reply = answer("503 Busy", fields: "\(field)\r\n", "")
            try await TestServer.run({ _ in .close(reply) }) { server async throws in
                var call = moverCall(.copy)
                call.failures = failures
                let outcome = try await webhookMover(server.url, random: 1).call(call)
                #expect(outcome == .unreachable(message: "The copier answered 503.", retryAfter: expected))
            }
        }
        let running = answer("202 Accepted", fields: "Retry-After: 3\r\n", "")
        try await TestServer.run({ _ in .close(running) }) { server async throws in
            #expect(
                try await webhookMover(server.url).call(moverCall(.copy))
                    == .running(progress: nil, message: "", askAgainAfter: .seconds(3)))
        }
    }

    @Test("while writes are refused, a copier is asked again soon")
    func askedSoon() async throws {
        try await TestServer.run({ _ in .close(answer("200 OK", #"{"state":"running"}"#)) }) {
            server async throws in
            for phase in MoverPhase.allCases {
                let expected = Duration.milliseconds(phase == .finalCopy ? 250 : 2000)
                #expect(
                    try await webhookMover(server.url).call(moverCall(phase))
                        == .running(progress: nil, message: "", askAgainAfter: expected))
            }
        }
    }

    @Test("the largest batch fits into one call, and what doesn't fit is not sent")
    func largestBatch() async throws {
        try await TestServer.run({ _ in .close(answer("200 OK", #"{"state":"done"}"#)) }) {
            server async throws in
            // A quote is what grows most when it is written as JSON.
            let quotes = try #require(TenantID(String(repeating: "\"", count: Limits.tenantIDBytesMax)))
            let cell = try #require(CellID(String(repeating: "c", count: Limits.cellIDBytesMax)))
            let item = MoverCall.Item(tenant: quotes, target: cell, epoch: Epoch(rawValue: .max))
            var call = moverCall(.copy)
            call.tenants = Array(repeating: item, count: 1000)
            #expect(try await webhookMover(server.url).call(call) == .done(message: ""))
            #expect(
                try JSONValue(parsing: try #require(server.received.first).body)["tenants"]?.array?.count
                    == 1000)
            call.tenants += call.tenants
            guard case .failed(let message) = try await webhookMover(server.url).call(call) else {
                Issue.record("a body over the limit was sent")
                return
            }
            #expect(message.contains("make batches smaller"))
            #expect(server.received.count == 1)
        }
    }
}
