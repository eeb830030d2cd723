import Glibc
import JSON
import Synchronization

/// A server of one thread that answers each request by a function and keeps what it received. A connection is for one
/// request, so that nothing waits for anything.
final class ScriptedServer: Sendable {
    struct Request: Sendable {
        let method: String
        /// With the query.
        let target: String
        /// Names in small letters.
        let fields: [String: String]
        let body: [UInt8]

        var line: String { "\(method) \(target)" }
        var json: JSONValue? { try? JSONValue(parsing: body) }
        var isDryRun: Bool { target.contains("dryRun=true") }
    }

    struct Reply: Sendable {
        var status = 200
        var fields: [String] = []
        var body: [UInt8] = []
        /// The connection ends without an answer.
        var breaks = false

        static let broken = Reply(breaks: true)

        static func json(_ value: JSONValue, status: Int = 200, fields: [String] = []) -> Reply {
            Reply(status: status, fields: fields, body: value.encoded())
        }

        static func problem(_ status: Int, _ code: String, _ more: JSONObject = [:], fields: [String] = [])
            -> Reply
        {
            var document: JSONObject = [
                "status": .integer(Int64(status)), "code": .string(code), "detail": "It went wrong.",
            ]
            for (key, value) in more { document[key] = value }
            return .json(.object(document), status: status, fields: fields)
        }
    }

    let port: UInt16
    private let listener: Int32
    private let reply: @Sendable (Request) -> Reply
    private let kept = Mutex<[Request]>([])

    var url: String { "http://127.0.0.1:\(port)" }
    var received: [Request] { kept.withLock { $0 } }
    var lines: [String] { received.map(\.line) }

    /// Runs the body beside a server, whose thread has ended when this returns.
    static func run(
        _ reply: @escaping @Sendable (Request) -> Reply, _ body: (ScriptedServer) throws -> Void
    ) throws {
        let server = try ScriptedServer(reply)
        var thread = pthread_t()
        let code = pthread_create(
            &thread, nil,
            { pointer in
                if let pointer { Unmanaged<ScriptedServer>.fromOpaque(pointer).takeRetainedValue().serve() }
                return nil
            }, Unmanaged.passRetained(server).toOpaque())
        precondition(code == 0, "a test needs its thread")
        defer {
            shutdown(server.listener, Int32(SHUT_RDWR))
            pthread_join(thread, nil)
            close(server.listener)
        }
        try body(server)
    }

    struct SocketError: Error {}

    private init(_ reply: @escaping @Sendable (Request) -> Reply) throws {
        self.reply = reply
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let socket = listener
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, length) == 0 && listen(socket, 64) == 0
                    && getsockname(socket, $0, &length) == 0
            }
        }
        port = UInt16(bigEndian: address.sin_port)
        if !isBound { throw SocketError() }
    }

    private func serve() {
        while true {
            let connection = accept(listener, nil, nil)
            guard connection >= 0 else { return }
            if let request = read(connection) {
                kept.withLock { $0.append(request) }
                let reply = reply(request)
                if !reply.breaks { write(reply, to: connection) }
            }
            close(connection)
        }
    }

    private func read(_ connection: Int32) -> Request? {
        var bytes: [UInt8] = []
        var headEnd: Int?
        var length = 0
        while headEnd == nil || bytes.count < (headEnd ?? 0) + length {
            var chunk = [UInt8](repeating: 0, count: 65_536)
            let count = recv(connection, &chunk, chunk.count, 0)
            guard count > 0 else { return nil }
            bytes += chunk[..<count]
            if headEnd == nil, let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) {
                headEnd = end.upperBound
                let fields = fields(bytes[..<end.lowerBound])
                length = fields["content-length"].flatMap { Int($0) } ?? 0
                if fields["expect"] != nil {
                    send(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8), to: connection)
                }
            }
        }
        guard let headEnd else { return nil }
        let head = bytes[..<(headEnd - 4)]
        let words = String(decoding: head.prefix { $0 != 0x0D }, as: UTF8.self).split(separator: " ")
        return Request(
            method: String(words[0]), target: String(words[1]), fields: fields(head),
            body: Array(bytes[headEnd...]))
    }

    private func fields(_ head: ArraySlice<UInt8>) -> [String: String] {
        var fields: [String: String] = [:]
        for line in String(decoding: head, as: UTF8.self).split(separator: "\r\n").dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            fields[line[..<colon].lowercased()] = String(line[line.index(after: colon)...].drop { $0 == " " })
        }
        return fields
    }

    private func write(_ reply: Reply, to connection: Int32) {
        let lines = [
            "HTTP/1.1 \(reply.status) Reply", "Content-Length: \(reply.body.count)", "Connection: close",
        ]
        send(
            Array(((lines + reply.fields).joined(separator: "\r\n") + "\r\n\r\n").utf8) + reply.body,
            to: connection)
    }

    private func send(_ bytes: [UInt8], to connection: Int32) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}
