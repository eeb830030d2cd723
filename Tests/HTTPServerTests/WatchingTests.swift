import HTTP
import HTTPServer
import Testing

@Suite("Long polls")
struct WatchingTests {
    private static let request = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"

    @Test("A watch is answered when its signal fires and it has something to say")
    func woken() async throws {
        let signal = Signal()
        let revision = Shared(0)
        try await withServer { _ in
            .watch(
                Watch(signal: signal, deadline: .now + .seconds(60)) { moment in
                    let now = revision.value
                    return now < 2 && moment == .woken ? nil : .answer(Response(text: "\(now)"))
                })
        } _: { server, port in
            let client = try Client(port: port)
            try client.send(Self.request)
            #expect(eventually { server.gauges.watches == 1 })
            for _ in 0..<2 {
                revision.change { $0 += 1 }
                signal.fire()
            }
            #expect(try client.receive().text == "2")
            #expect(server.gauges.watches == 0)
            // The next one has its answer when it is parked.
            try client.send(Self.request)
            #expect(try client.receive().text == "2")
        }
    }

    @Test("A watch ends at its deadline, the nearest first")
    func deadlines() async throws {
        let order = Shared<[String]>([])
        try await withServer { head in
            let name = head.pathText
            let wait = Int(name.dropFirst()) ?? 0
            return .watch(
                Watch(signal: Signal(), deadline: .now + .milliseconds(wait)) { moment in
                    guard moment == .ended else { return nil }
                    order.change { $0.append(name) }
                    return .answer(Response(text: name))
                })
        } _: { server, port in
            let clients = try [300, 100, 200].map { wait in
                let client = try Client(port: port)
                try client.send("GET /\(wait) HTTP/1.1\r\nHost: x\r\n\r\n")
                return client
            }
            #expect(try clients.map { try $0.receive().text } == ["/300", "/100", "/200"])
            #expect(order.value == ["/100", "/200", "/300"])
            #expect(server.gauges.watches == 0)
        }
    }

    @Test("The newest watch of an owner ends the one before, on whichever loop it waits", arguments: [1, 3])
    func superseded(loops: Int) async throws {
        let signal = Signal()
        try await withServer(ServerConfiguration(loops: loops)) { _ in
            .watch(
                Watch(signal: signal, deadline: .now + .seconds(60), owner: "gateway-1") { moment in
                    moment == .ended ? .answer(Response(text: "superseded")) : nil
                })
        } _: { server, port in
            var older = try Client(port: port)
            try older.send(Self.request)
            #expect(eventually { server.gauges.watches == 1 })
            for _ in 0..<10 {
                let newer = try Client(port: port)
                try newer.send(Self.request)
                #expect(try older.receive().text == "superseded")
                older = newer
            }
            #expect(eventually { server.gauges.watches == 1 })
        }
    }

    @Test("Past the cap a watch is answered 503 with Retry-After, and those that wait go on")
    func cap() async throws {
        let signal = Signal()
        var limits = ServerLimits()
        limits.watchesMax = 2
        let isDue = Shared(false)
        try await withServer(ServerConfiguration(limits: limits)) { _ in
            .watch(
                Watch(signal: signal, deadline: .now + .seconds(60)) { _ in
                    isDue.value ? .answer(Response(text: "woken")) : nil
                })
        } _: { server, port in
            let clients = try (0..<2).map { _ in try Client(port: port) }
            for client in clients { try client.send(Self.request) }
            #expect(eventually { server.gauges.watches == 2 })
            let third = try Client(port: port)
            try third.send(Self.request)
            let answer = try third.receive()
            #expect(answer.status == 503)
            #expect(answer.fields["retry-after"] == "1")
            #expect(server.gauges.watches == 2)
            isDue.change { $0 = true }
            signal.fire()
            for client in clients { #expect(try client.receive().text == "woken") }
        }
    }

    @Test("A client that goes away frees its watch at once")
    func disconnected() async throws {
        try await withServer { _ in
            .watch(
                Watch(signal: Signal(), deadline: .now + .seconds(3_600), owner: "gone") { moment in
                    moment == .ended ? .answer(Response(.ok)) : nil
                })
        } _: { server, port in
            var clients = try (0..<100).map { _ in try Client(port: port) }
            for client in clients.prefix(1) { try client.send(Self.request) }
            #expect(eventually { server.gauges.watches == 1 })
            clients = []
            #expect(eventually { server.gauges.watches == 0 && server.gauges.connections == 0 })
        }
    }

    @Test("A watch can leave the loop to make its answer, and comes back to the connection")
    func deferred() async throws {
        let signal = Signal()
        let isReady = Shared(false)
        try await withServer { head in
            let path = head.pathText
            return .watch(
                Watch(signal: signal, deadline: .now + .seconds(60)) { _ in
                    guard isReady.value else { return nil }
                    if path == "/deferred" {
                        return .deferred(bodyBytesMax: 0) { Response(text: "made for \($0.path.count)") }
                    }
                    return .streamed(bodyBytesMax: 0) { _, body in
                        Response(text: "\((try? await body.next()) == [UInt8]?.none)")
                    }
                })
        } _: { server, port in
            let client = try Client(port: port)
            try client.send("GET /deferred HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(eventually { server.gauges.watches == 1 })
            isReady.change { $0 = true }
            signal.fire()
            #expect(try client.receive().text == "made for 9")
            // At parking already; with a body that is thrown away.
            try client.send("POST /deferred HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody")
            #expect(try client.receive().text == "made for 9")
            try client.send("GET /s HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try client.receive().text == "true")
        }
    }

    @Test("What fires while a watch is parked is not lost")
    func races() async throws {
        let signal = Signal()
        let revision = Shared(0)
        try await withServer { head in
            let seen = Int(head.pathText.dropFirst()) ?? 0
            return .watch(
                Watch(signal: signal, deadline: .now + .seconds(60)) { moment in
                    let now = revision.value
                    return now > seen || moment == .ended ? .answer(Response(text: "\(now)")) : nil
                })
        } _: { _, port in
            let writer = BlockingThread {
                for _ in 0..<2_000 {
                    revision.change { $0 += 1 }
                    signal.fire()
                }
            }
            let client = try Client(port: port)
            var seen = 0
            while seen < 2_000 {
                try client.send("GET /\(seen) HTTP/1.1\r\nHost: x\r\n\r\n")
                let next = try #require(Int(try client.receive().text))
                #expect(next > seen)
                seen = next
            }
            writer.join()
        }
    }
}
