import HTTP
import HTTPServer
import Testing

/// libmicrohttpd's own epoll thread waits again before it handles exactly 128 (256, …) ready connections.
@Suite("Simultaneous requests", .serialized)
struct SimultaneousTests {
    @Test(
        "Every one of so many requests that are ready together is answered",
        arguments: [127, 128, 129, 256, 512])
    func plain(count: Int) async throws {
        let isHeld = Shared(true)
        try await withServer { head in
            // The first one holds the loop until all others are ready.
            while head.pathText == "/hold", isHeld.value {}
            return .answer(Response(text: "yes"))
        } _: { server, port in
            let clients = try (0..<count).map { _ in try Client(port: port) }
            #expect(eventually { server.gauges.connections == count })
            let holder = try Client(port: port)
            try holder.send("GET /hold HTTP/1.1\r\nHost: x\r\n\r\n")
            for client in clients { try client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n") }
            isHeld.change { $0 = false }
            #expect(try holder.receive().status == 200)
            for client in clients { #expect(try client.receive().text == "yes") }
        }
    }

    @Test(
        "Every one of so many watches that are woken together is answered",
        arguments: [127, 128, 129, 256, 512])
    func watches(count: Int) async throws {
        let signal = Signal()
        let revision = Shared(0)
        try await withServer { _ in
            let seen = revision.value
            return .watch(
                Watch(signal: signal, deadline: .now + .seconds(60)) { _ in
                    revision.value > seen ? .answer(Response(text: "\(revision.value)")) : nil
                })
        } _: { server, port in
            let clients = try (0..<count).map { _ in try Client(port: port) }
            for round in 1...5 {
                for client in clients { try client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n") }
                #expect(eventually { server.gauges.watches == count })
                revision.change { $0 += 1 }
                signal.fire()
                for client in clients { #expect(try client.receive().text == "\(round)") }
            }
        }
    }

    @Test("Requests of other clients are answered while thousands of watches are woken")
    func between() async throws {
        let signal = Signal()
        let revision = Shared(0)
        var limits = ServerLimits()
        limits.watchesMax = 3_000
        try await withServer(ServerConfiguration(limits: limits)) { head in
            guard head.pathText == "/watch" else {
                return .deferred(bodyBytesMax: 0) { _ in Response(text: "now") }
            }
            let seen = revision.value
            return .watch(
                Watch(signal: signal, deadline: .now + .seconds(60)) { _ in
                    revision.value > seen ? .answer(Response(text: "woken")) : nil
                })
        } _: { server, port in
            let watchers = try (0..<2_500).map { _ in try Client(port: port) }
            for watcher in watchers { try watcher.send("GET /watch HTTP/1.1\r\nHost: x\r\n\r\n") }
            #expect(eventually { server.gauges.watches == watchers.count })
            let other = try Client(port: port)
            revision.change { $0 += 1 }
            signal.fire()
            try other.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try other.receive().text == "now")
            for watcher in watchers { #expect(try watcher.receive().text == "woken") }
        }
    }
}
