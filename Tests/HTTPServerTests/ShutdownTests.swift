import Glibc
import HTTP
import HTTPServer
import Testing

@Suite("Start and shutdown")
struct ShutdownTests {
    @Test(
        "What is in flight is answered with Connection: close; idle connections and the listener are closed")
    func inFlight() async throws {
        let isOpen = Shared(false)
        let signal = Signal()
        let server = HTTPServer(
            configuration: ServerConfiguration(),
            handler: ClosureHandler { head in
                switch head.pathText {
                case "/work":
                    .deferred(bodyBytesMax: 10) { _ in
                        while !isOpen.value { try? await Task.sleep(for: .milliseconds(5)) }
                        return Response(text: "worked")
                    }
                case "/watch":
                    .watch(
                        Watch(signal: signal, deadline: .now + .seconds(60)) {
                            $0 == .ended ? .answer(Response(text: "ended")) : nil
                        })
                case "/body": .deferred(bodyBytesMax: 10) { Response(.ok, body: .bytes($0.body)) }
                default: .answer(Response(text: "yes"))
                }
            })
        let port = try server.start().port
        let isStopped = Shared(false)
        let stopping = try await onThread { () -> Task<Void, Never> in
            let idle = try Client(port: port)
            try idle.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try idle.receive().fields["connection"] == nil)
            let work = try Client(port: port)
            try work.send("GET /work HTTP/1.1\r\nHost: x\r\n\r\n")
            let watch = try Client(port: port)
            try watch.send("GET /watch HTTP/1.1\r\nHost: x\r\n\r\n")
            let body = try Client(port: port)
            try body.send("PUT /body HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nha")
            #expect(eventually { server.gauges.watches == 1 && server.gauges.deferred == 1 })
            let stopping = Task {
                await server.shutdown(within: .seconds(20))
                isStopped.change { $0 = true }
            }
            #expect(try idle.isClosed())
            let ended = try watch.receive()
            #expect(ended.text == "ended" && ended.fields["connection"] == "close")
            // Not at once where another test starts a process just now, which holds all descriptors until it
            // runs.
            #expect(eventually { (try? Client(port: port)) == nil })
            try body.send("lf")
            let half = try body.receive()
            #expect(half.text == "half" && half.fields["connection"] == "close")
            #expect(!isStopped.value)
            isOpen.change { $0 = true }
            let worked = try work.receive()
            #expect(worked.text == "worked" && worked.fields["connection"] == "close")
            #expect(try watch.isClosed() && work.isClosed() && body.isClosed())
            return stopping
        }
        await stopping.value
        #expect(server.gauges.connections == 0 && server.gauges.watches == 0)
        await server.shutdown(within: .zero)
    }

    @Test("What is not done in time is cut off, in whatever state it is")
    func cutOff() async throws {
        let isOpen = Shared(false)
        let endings = Shared(0)
        let server = HTTPServer(
            configuration: ServerConfiguration(),
            handler: ClosureHandler { head in
                switch head.pathText {
                case "/work":
                    .deferred(bodyBytesMax: 10) { _ in
                        while !isOpen.value { try? await Task.sleep(for: .milliseconds(5)) }
                        endings.change { $0 += 1 }
                        return Response(text: "too late")
                    }
                case "/in":
                    .streamed(bodyBytesMax: 1 << 30) { _, body in
                        while !isOpen.value { try? await Task.sleep(for: .milliseconds(5)) }
                        do { while try await body.next() != nil {} } catch { endings.change { $0 += 1 } }
                        return Response(text: "too late")
                    }
                default:
                    .answer(
                        Response(
                            .ok,
                            body: .stream { writer in
                                defer { endings.change { $0 += 1 } }
                                while true {
                                    try await writer.write([1])
                                    while !isOpen.value { try? await Task.sleep(for: .milliseconds(5)) }
                                }
                            }))
                }
            })
        let port = try server.start().port
        let clients = try await onThread { () -> [Int32] in
            let clients = try ["GET /work", "POST /in", "GET /out"].map { line in
                let client = try Client(port: port)
                let length = line.hasPrefix("POST") ? "Content-Length: 100000000\r\n" : ""
                try client.send("\(line) HTTP/1.1\r\nHost: x\r\n\(length)\r\n")
                if !length.isEmpty { try client.send([UInt8](repeating: 0, count: 400_000)) }
                return client
            }
            let head = try Client(port: port)
            try head.send("GET / HT")
            #expect(eventually { server.gauges.deferred == 3 && server.gauges.connections == 4 })
            return (clients + [head]).map { dup($0.descriptor) }
        }
        await server.shutdown(within: .milliseconds(50))
        #expect(server.gauges.connections == 0)
        isOpen.change { $0 = true }
        #expect(try await onThread { eventually { endings.value == 3 && server.gauges.deferred == 0 } })
        for client in clients { close(client) }
    }

    @Test(
        "Addresses and names can be listened on",
        arguments: ["127.0.0.1", "localhost", "::1", "[::1]", "::", "0.0.0.0"])
    func addresses(host: String) async throws {
        let server = HTTPServer(
            configuration: ServerConfiguration(host: host),
            handler: ClosureHandler { .answer(Response(text: $0.peer.address)) })
        let address = try server.start()
        #expect(address.port != 0)
        if host == "::" || host.hasSuffix(".1") || host == "0.0.0.0" {
            #expect(
                try await onThread {
                    let client = try Client(port: address.port)
                    try client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                    return try client.receive().text
                } == "127.0.0.1")
        }
        await server.shutdown(within: .seconds(1))
    }

    @Test("A host that is not there, a port that is taken, and too many connections are errors")
    func errors() async throws {
        let handler = ClosureHandler { _ in .answer(Response(.ok)) }
        func start(_ configuration: ServerConfiguration) throws -> HTTPServer {
            let server = HTTPServer(configuration: configuration, handler: handler)
            _ = try server.start()
            return server
        }
        #expect(throws: ServerError.self) { try start(ServerConfiguration(host: "no.such.host.invalid")) }
        let first = HTTPServer(configuration: ServerConfiguration(), handler: handler)
        let port = try first.start().port
        #expect(throws: ServerError.self) { try start(ServerConfiguration(port: port)) }
        await first.shutdown(within: .seconds(1))
        var limits = ServerLimits()
        limits.connectionsMax = 1 << 30
        #expect(throws: ServerError.self) { try start(ServerConfiguration(limits: limits)) }
        #expect(throws: ServerError.self) {
            try start(ServerConfiguration(tls: TLSConfiguration(certificate: "no", key: "no")))
        }
        // The port is free again.
        try await start(ServerConfiguration(port: port)).shutdown(within: .seconds(1))
    }
}
