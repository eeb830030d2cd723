import Bytes
import Glibc
import HTTP
import HTTPServer
import Synchronization
import Testing

/// Keeps what it is told.
final class RecordingObserver: ServerObserver {
    private let state = Mutex<(finished: [FinishedExchange], reaped: [ReapedPhase])>(([], []))
    func finished(_ exchange: FinishedExchange) { state.withLock { $0.finished.append(exchange) } }
    func reaped(_ phase: ReapedPhase) { state.withLock { $0.reaped.append(phase) } }
    var exchanges: [FinishedExchange] { state.withLock { $0.finished } }
    var reapedPhases: [ReapedPhase] { state.withLock { $0.reaped } }
}

@Suite("Reaper", .serialized)
struct ReaperTests {
    private static func configuration(
        _ observer: RecordingObserver, _ change: (inout ServerLimits) -> Void
    ) -> ServerConfiguration {
        var limits = ServerLimits()
        change(&limits)
        return ServerConfiguration(limits: limits, observer: observer)
    }

    private static let answer: @Sendable (RequestHead) -> Reception = { head in
        head.method == .post
            ? .deferred(bodyBytesMax: 1 << 30) { Response(text: "\($0.body.count)") }
            : .answer(Response(text: "yes"))
    }

    /// Sends a byte now and then, which a bound on inactivity would never end; returns when nobody takes
    /// them.
    private static func drip(_ client: Client, _ bytes: String) {
        for byte in Array(bytes.utf8) {
            guard Client.send([byte], to: client.descriptor) else { return }
            usleep(20_000)
        }
    }

    @Test("A head that drips in is cut off, from a connection's begin and from a later request line")
    func slowHeads() async throws {
        let observer = RecordingObserver()
        let configuration = Self.configuration(observer) { $0.headTime = .milliseconds(200) }
        try await withServer(configuration, handler: Self.answer) { server, port in
            let silent = try Client(port: port)
            let partial = try Client(port: port)
            try partial.send("GET / HTTP/1.1\r\nHost: x\r\nX: ")
            let later = try Client(port: port)
            try later.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try later.receive().text == "yes")
            try later.send("GET / HTTP/1.1\r\n")
            Self.drip(partial, String(repeating: "y", count: 1_000))
            #expect(try silent.isClosed())
            for client in [partial, later] {
                let told = try client.receive()
                #expect(told.status == 408 && told.fields["connection"] == "close")
                #expect(told.text.contains("\"code\":\"request_timeout\""))
                #expect(try client.isClosed())
            }
            #expect(eventually { server.gauges.connections == 0 })
            #expect(observer.reapedPhases == [.head, .head, .head])
        }
    }

    @Test("A body that drips in is cut off; one that is long and quick enough is not")
    func slowBodies() async throws {
        let observer = RecordingObserver()
        let configuration = Self.configuration(observer) {
            $0.bodyTime = .milliseconds(200)
            $0.bytesPerSecondMin = 1 << 20
        }
        try await withServer(configuration, handler: Self.answer) { server, port in
            let quick = try Client(port: port)
            try quick.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: \(4 << 20)\r\n\r\n")
            for _ in 0..<8 {
                try quick.send([UInt8](repeating: 0, count: 1 << 19))
                usleep(50_000)
            }
            #expect(try quick.receive().text == "\(4 << 20)")
            let slow = try Client(port: port)
            try slow.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n")
            Self.drip(slow, String(repeating: "y", count: 1_000))
            #expect(try slow.receive().status == 408)
            #expect(try slow.isClosed())
            #expect(observer.reapedPhases == [.body])
            #expect(eventually { observer.exchanges.last?.status == nil })
        }
    }

    @Test("A client that does not read is cut off, from a fixed body and from a stream")
    func slowReaders() async throws {
        let observer = RecordingObserver()
        let configuration = Self.configuration(observer) {
            $0.answerTime = .milliseconds(200)
            $0.bytesPerSecondMin = 64 << 20
        }
        let large = SharedBytes([UInt8](repeating: 1, count: 20 << 20))
        let endings = Shared(0)
        try await withServer(configuration) { head in
            head.pathText == "/shared"
                ? .answer(Response(.ok, body: .shared(large)))
                : .answer(
                    Response(
                        .ok,
                        body: .stream { writer in
                            defer { endings.change { $0 += 1 } }
                            while true { try await writer.write([UInt8](repeating: 1, count: 100_000)) }
                        }))
        } _: { server, port in
            let clients = try ["/shared", "/stream"].map { path in
                let client = try Client(port: port, receiveBufferBytes: 4_096)
                try client.send("GET \(path) HTTP/1.1\r\nHost: x\r\n\r\n")
                return client
            }
            #expect(eventually { server.gauges.connections == 0 && endings.value == 1 })
            #expect(observer.reapedPhases == [.answer, .answer])
            #expect(observer.exchanges.allSatisfy { !$0.isComplete && $0.status == .ok })
            for client in clients { #expect(throws: Client.Failure.self) { try client.receive() } }
        }
    }

    @Test("A connection that stays idle is closed")
    func idle() async throws {
        let observer = RecordingObserver()
        let configuration = Self.configuration(observer) { $0.idleTime = .milliseconds(100) }
        try await withServer(configuration, handler: Self.answer) { _, port in
            let client = try Client(port: port)
            try client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try client.receive().text == "yes")
            #expect(try client.isClosed())
            #expect(observer.reapedPhases == [.idle])
        }
    }

    @Test("Time on the server's side is not the client's: work and watches outlast every deadline")
    func serverTime() async throws {
        let observer = RecordingObserver()
        let configuration = Self.configuration(observer) {
            $0.headTime = .milliseconds(100)
            $0.bodyTime = .milliseconds(100)
            $0.answerTime = .milliseconds(100)
            $0.idleTime = .milliseconds(100)
        }
        try await withServer(configuration) { head in
            switch head.pathText {
            case "/work":
                .deferred(bodyBytesMax: 10) { _ in
                    try? await Task.sleep(for: .milliseconds(500))
                    return Response(text: "worked")
                }
            case "/watch":
                .watch(
                    Watch(signal: Signal(), deadline: .now + .milliseconds(500)) {
                        $0 == .ended ? .answer(Response(text: "ended")) : nil
                    })
            case "/in":
                .streamed(bodyBytesMax: 1 << 20) { _, body in
                    try? await Task.sleep(for: .milliseconds(500))
                    var count = 0
                    while let piece = try? await body.next() { count += piece.count }
                    return Response(text: "\(count)")
                }
            default:
                .answer(
                    Response(
                        .ok,
                        body: .stream { writer in
                            for _ in 0..<5 {
                                try await Task.sleep(for: .milliseconds(100))
                                try await writer.write([1])
                            }
                        }))
            }
        } _: { _, port in
            let cases = [
                ("/work", "worked"), ("/watch", "ended"), ("/out", "\u{1}\u{1}\u{1}\u{1}\u{1}"),
                ("/in", "\(1 << 20)"),
            ]
            for (path, text) in cases {
                let client = try Client(port: port)
                if path == "/in" {
                    try client.send("POST \(path) HTTP/1.1\r\nHost: x\r\nContent-Length: \(1 << 20)\r\n\r\n")
                    try client.send([UInt8](repeating: 1, count: 1 << 20))
                } else {
                    try client.send("GET \(path) HTTP/1.1\r\nHost: x\r\n\r\n")
                }
                #expect(try client.receive().text == text)
            }
            #expect(observer.reapedPhases.allSatisfy { $0 == .idle })
        }
    }

    @Test("A flood of clients that send half a request and leave frees every place")
    func zombies() async throws {
        let observer = RecordingObserver()
        let configuration = Self.configuration(observer) {
            $0.connectionsMax = 200
            $0.headTime = .milliseconds(300)
        }
        try await withServer(configuration, handler: Self.answer) { server, port in
            for _ in 0..<600 {
                let zombie = try Client(port: port)
                try zombie.send("GET / HTTP/1.1\r\nHost: x\r\nX: ")
            }
            let client = try Client(port: port)
            try client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try client.receive().text == "yes")
            #expect(eventually { server.gauges.connections == 1 })
        }
    }

    @Test("Past the limit of connections the next ones wait for a place")
    func connectionLimit() async throws {
        let observer = RecordingObserver()
        let configuration = Self.configuration(observer) { $0.connectionsMax = 10 }
        try await withServer(configuration, handler: Self.answer) { server, port in
            var clients = try (0..<10).map { _ in try Client(port: port) }
            #expect(eventually { server.gauges.connections == 10 })
            let next = try Client(port: port)
            try next.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            for client in clients {
                try client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                #expect(try client.receive().text == "yes")
            }
            clients = []
            #expect(try next.receive().text == "yes")
        }
    }
}
