import HTTP
import HTTPServer
import Testing

@Suite("Streamed bodies", .serialized)
struct StreamingTests {
    private static let bytesTotal = 50 << 20

    @Test(
        "50 MB out arrive whole, while the client reads more slowly than the handler writes, in bounded memory"
    )
    func out() async throws {
        let written = Shared(0)
        try await withServer { _ in
            .answer(
                Response(
                    .ok,
                    body: .stream { writer in
                        var next: UInt8 = 0
                        let piece = [UInt8](repeating: 7, count: 99_999)
                        while written.value < Self.bytesTotal {
                            next &+= 1
                            try await writer.write([next] + piece)
                            written.change { $0 += 100_000 }
                        }
                    }))
        } _: { _, port in
            let client = try Client(port: port)
            try client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(eventually { written.value > 0 })
            // The writer comes to rest while nobody reads.
            #expect(comesToRest { written.value })
            #expect(written.value < 20 << 20)
            let answer = try client.receive()
            #expect(answer.fields["transfer-encoding"] == "chunked")
            #expect(answer.body.count == written.value)
            #expect(
                stride(from: 0, to: answer.body.count, by: 100_000).enumerated().allSatisfy {
                    number, offset in
                    answer.body[offset] == UInt8(truncatingIfNeeded: number + 1)
                        && answer.body[offset + 1] == 7
                })
            try client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try client.receive().status == 200)
        }
    }

    @Test(
        "50 MB in arrive whole, while the handler reads more slowly than the client sends, in bounded memory")
    func inward() async throws {
        let gate = Shared(false)
        let read = Shared(0)
        try await withServer { _ in
            .streamed(bodyBytesMax: 100 << 20) { _, body in
                while !gate.value { try? await Task.sleep(for: .milliseconds(5)) }
                // Every 1,009th byte: a prime, so that each of them would show a piece lost or out of order.
                var sum = 0
                var offset = 0
                do {
                    while let piece = try await body.next() {
                        #expect(!piece.isEmpty)
                        while offset < piece.count {
                            sum = sum &* 31 &+ Int(piece[offset])
                            offset += 1_009
                        }
                        offset -= piece.count
                        read.change { $0 += piece.count }
                    }
                } catch {
                    return Response(.internalServerError)
                }
                return Response(text: "\(sum)")
            }
        } _: { _, port in
            let client = try Client(port: port)
            let piece = (0..<100_000).map { UInt8(truncatingIfNeeded: $0) }
            let count = Self.bytesTotal / piece.count
            try client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: \(count * piece.count)\r\n\r\n")
            let sent = Shared(0)
            let descriptor = client.descriptor
            let sender = BlockingThread {
                for _ in 0..<count {
                    guard Client.send(piece, to: descriptor) else { return }
                    sent.change { $0 += piece.count }
                }
            }
            // The sender comes to rest while nobody reads: it has filled two kernel buffers and the reader's.
            #expect(comesToRest { sent.value })
            #expect(sent.value < 20 << 20)
            gate.change { $0 = true }
            var sum = 0
            for offset in stride(from: 0, to: count * piece.count, by: 1_009) {
                sum = sum &* 31 &+ Int(piece[offset % piece.count])
            }
            #expect(try client.receive().text == "\(sum)")
            sender.join()
            #expect(read.value == count * piece.count)
        }
    }

    @Test("An answer before the body's end waits for it, and the connection goes on")
    func answeredEarly() async throws {
        try await withServer { head in
            head.pathText == "/stream"
                ? .streamed(bodyBytesMax: 10 << 20) { _, body in
                    Response(text: "\((try? await body.next())?.isEmpty == false)")
                } : .answer(Response(text: "next"))
        } _: { _, port in
            let client = try Client(port: port)
            for count in [1, 5 << 20] {
                try client.send("POST /stream HTTP/1.1\r\nHost: x\r\nContent-Length: \(count)\r\n\r\n")
                try client.send([UInt8](repeating: 1, count: count))
                #expect(try client.receive().text == "true")
            }
            try client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try client.receive().text == "next")
        }
    }

    @Test("A stream without a body ends at once")
    func empty() async throws {
        try await withServer { _ in
            .streamed(bodyBytesMax: 1) { _, body in
                Response(text: "\((try? await body.next()) == [UInt8]?.none)")
            }
        } _: { _, port in
            let client = try Client(port: port)
            try client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
            #expect(try client.receive().text == "true")
        }
    }

    @Test("A reader whose client goes away is told, and so is a writer")
    func clientGone() async throws {
        let failures = Shared<[String]>([])
        try await withServer { head in
            if head.method == .post {
                return .streamed(bodyBytesMax: 100) { _, body in
                    do {
                        while try await body.next() != nil {}
                    } catch {
                        failures.change { $0.append("reader \(error)") }
                    }
                    return Response(.ok)
                }
            }
            return .answer(
                Response(
                    .ok,
                    body: .stream { writer in
                        do {
                            while true { try await writer.write([UInt8](repeating: 0, count: 65_536)) }
                        } catch {
                            failures.change { $0.append("writer \(error)") }
                            throw error
                        }
                    }))
        } _: { server, port in
            var client = try Client(port: port)
            try client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nsome")
            #expect(eventually { server.gauges.deferred == 1 })
            client = try Client(port: port)
            #expect(eventually { failures.value == ["reader BodyClosed()"] })
            try client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try client.receive(toHead: true).status == 200)
            client = try Client(port: port)
            #expect(eventually { failures.value == ["reader BodyClosed()", "writer BodyClosed()"] })
            #expect(eventually { server.gauges.deferred == 0 })
        }
    }

    @Test("A writer that fails breaks the answer off, so that the client sees it")
    func writerFails() async throws {
        struct Failure: Error {}
        try await withServer { _ in
            .answer(
                Response(
                    .ok,
                    body: .stream { writer in
                        try await writer.write([1, 2, 3])
                        throw Failure()
                    }))
        } _: { _, port in
            let client = try Client(port: port)
            try client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(throws: Client.Failure.self) { try client.receive() }
        }
    }

    @Test("HTTP/1.0 gets a stream without chunks, ended by the connection's end")
    func withoutChunks() async throws {
        try await withServer { _ in
            .answer(Response(.ok, body: .stream { try await $0.write(Array("plain".utf8)) }))
        } _: { _, port in
            let client = try Client(port: port)
            try client.send("GET / HTTP/1.0\r\nHost: x\r\n\r\n")
            let answer = try client.receive()
            #expect(answer.text == "plain")
            #expect(answer.fields["transfer-encoding"] == nil)
        }
    }
}
