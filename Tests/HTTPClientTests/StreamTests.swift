import HTTPClient
import HTTPTestServer
import Testing

@Suite struct StreamTests {
    private struct Stop: Error {}

    @Test("A streamed body is received piece by piece, without limit")
    func receives() throws {
        let body = [UInt8](repeating: 7, count: 1_000_000)
        try TestServer.run({ _ in .keep(answer("200 OK", body)) }) { server throws in
            var received: [UInt8] = []
            var pieces = 0
            let response = try client { $0.responseBytesMax = 10 }.send(ClientRequest("GET", server.url)) {
                piece in
                received += piece
                pieces += 1
            }
            #expect(response.status == 200)
            #expect(response.body.isEmpty)
            #expect(received == body)
            #expect(pieces > 1)
        }
    }

    @Test("The body of an error is gathered, not streamed")
    func gathersErrors() throws {
        try TestServer.run({ _ in .keep(answer("404 Not Found", "problem")) }) { server throws in
            let response = try client().send(ClientRequest("GET", server.url)) { _ in
                Issue.record("not for the stream")
            }
            #expect(response.status == 404)
            #expect(response.body == Array("problem".utf8))
        }
    }

    @Test("What the receiver throws ends the call and comes out")
    func receiverStops() throws {
        try TestServer.run({ _ in .keep(answer("200 OK", "abc")) }) { server throws in
            let client = client()
            let error = #expect(throws: ClientError.self) {
                try client.send(ClientRequest("GET", server.url)) { _ in throw Stop() }
            }
            guard case .stopped(let cause) = error else { throw try #require(error) }
            #expect(cause is Stop)
            #expect(try client.send(ClientRequest("GET", server.url)).body == Array("abc".utf8))
        }
    }

    @Test("A streamed upload announces its length and is read to its end")
    func uploads() throws {
        try TestServer.run({ .keep(answer("200 OK", $0.body)) }) { server throws in
            var pieces = (0..<50).map { [UInt8](repeating: UInt8($0), count: $0 * 1_000) }
            let whole = Array(pieces.joined())
            let body = ClientRequest.Body.stream(length: whole.count) {
                pieces.isEmpty ? nil : pieces.removeFirst()
            }
            let response = try client().send(ClientRequest("POST", server.url, body: body))
            #expect(response.body == whole)
            #expect(server.received.first?.field("content-length") == "\(whole.count)")
            #expect(server.received.first?.field("transfer-encoding") == nil)
        }
    }

    @Test("An upload that is shorter or longer than announced, or throws, ends the call")
    func uploadFails() throws {
        try TestServer.run({ _ in .keep(answer()) }) { server throws in
            func failing(_ pieces: [[UInt8]], then error: (any Error)? = nil) -> String {
                var rest = pieces
                let body = ClientRequest.Body.stream(length: 10) {
                    if rest.isEmpty, let error { throw error }
                    return rest.isEmpty ? nil : rest.removeFirst()
                }
                return outcome(client(), ClientRequest("PUT", server.url, body: body))
            }
            #expect(failing([[1, 2, 3]]) == "other")
            #expect(failing([[UInt8](repeating: 0, count: 11)]) == "other")
            #expect(failing([[1], [2]], then: Stop()) == "stopped")
            #expect(failing([[], [UInt8](repeating: 0, count: 10)]) == "answered 200")
            #expect(server.received.count == 1)
        }
    }

    @Test("An upload on a kept connection that died is sent anew where that can be done")
    func uploadsAgain() throws {
        try TestServer.run({
            $0.connection == 0 && $0.line.hasPrefix("PUT") ? .close([]) : .keep(answer("200 OK", $0.body))
        }) { server throws in
            let client = client()
            #expect(try client.send(ClientRequest("GET", server.url)).status == 200)
            let body = [UInt8](repeating: 1, count: 100_000)
            #expect(try client.send(ClientRequest("PUT", server.url, body: .bytes(body))).body == body)
            #expect(server.received.map(\.connection) == [0, 0, 1])
        }
        try TestServer.run({ $0.connection == 0 && $0.line.hasPrefix("PUT") ? .close([]) : .keep(answer()) })
        { server throws in
            let client = client()
            #expect(try client.send(ClientRequest("GET", server.url)).status == 200)
            var isRead = false
            let body = ClientRequest.Body.stream(length: 3) {
                defer { isRead = true }
                return isRead ? nil : [1, 2, 3]
            }
            #expect(outcome(client, ClientRequest("PUT", server.url, body: body)) == "closed")
        }
    }
}
