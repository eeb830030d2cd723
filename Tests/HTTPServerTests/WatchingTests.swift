import HTTP
import HTTPServer
import Testing

@Suite("Long polls")
struct WatchingTests {
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
            try client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(eventually { server.gauges.watches == 1 })
            for _ in 0..<2 {
                revision.change { $0 += 1 }
                signal.fire()
            }
            #expect(try client.receive().text == "2")
            #expect(server.gauges.watches == 0)
            try client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try client.receive().text == "2")
        }
    }
}
