import Glibc
import Synchronization

/// A server made of sockets and threads, that shows what a client really sends and can answer anything.
public final class TestServer: Sendable {
    public struct Received: Sendable {
        /// With its line ends.
        public let head: String
        public let body: [UInt8]
        /// Which of the server's connections, from 0.
        public let connection: Int

        public var line: String { String(head.prefix { !$0.isNewline }) }

        public func field(_ name: String) -> String? {
            head.split(whereSeparator: \.isNewline).first { $0.lowercased().hasPrefix(name + ":") }
                .map { $0.dropFirst(name.count + 1).trimmingPrefix(" ") }.map(String.init)
        }
    }

    public enum Reply: Sendable {
        /// Bytes as they are, and the connection stays.
        case keep([UInt8])
        /// Bytes as they are, and the connection ends.
        case close([UInt8])
        /// Nothing until the client or the test ends.
        case hang
        /// Whatever the closure sends, while it runs, and then the connection ends. It is told false once nobody is
        /// there any more.
        case stream(@Sendable (_ send: ([UInt8]) -> Bool) -> Void)
    }

    private struct State {
        var received: [Received] = []
        var connections: [Int32] = []
        var threads: [pthread_t] = []
    }

    public let port: UInt16
    private let listener: Int32
    private let reply: @Sendable (Received) -> Reply
    private let state = Mutex(State())

    public var url: String { "http://127.0.0.1:\(port)" }
    public var received: [Received] { state.withLock { $0.received } }
    public var connectionsCount: Int { state.withLock { $0.connections.count } }

    /// Runs the body beside a server, which is gone afterwards with all its threads.
    public static func run(
        _ reply: @escaping @Sendable (Received) -> Reply, _ body: (TestServer) throws -> Void
    ) throws {
        let server = try TestServer(reply)
        defer { server.stop() }
        server.start { server.acceptAll() }
        try body(server)
    }

    /// The same for a body that waits.
    public static func run(
        _ reply: @escaping @Sendable (Received) -> Reply, _ body: (TestServer) async throws -> Void
    ) async throws {
        let server = try TestServer(reply)
        defer { server.stop() }
        server.start { server.acceptAll() }
        try await body(server)
    }

    private init(_ reply: @escaping @Sendable (Received) -> Reply) throws {
        self.reply = reply
        (listener, port) = try listeningSocket()
    }

    private func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        while true {
            let (threads, connections) = state.withLock { state in
                defer { state.threads = [] }
                return (state.threads, state.connections)
            }
            for connection in connections { shutdown(connection, Int32(SHUT_RDWR)) }
            if threads.isEmpty { break }
            for thread in threads { pthread_join(thread, nil) }
        }
        for connection in state.withLock({ $0.connections }) { close(connection) }
        close(listener)
    }

    private func start(_ work: @escaping @Sendable () -> Void) {
        // The lock is held until the thread is known, so that `stop` never misses one.
        state.withLock { $0.threads.append(startThread(work)) }
    }

    private func acceptAll() {
        while true {
            let connection = accept(listener, nil, nil)
            guard connection >= 0 else { return }
            let number = state.withLock { state in
                state.connections.append(connection)
                return state.connections.count - 1
            }
            start { self.serve(connection, number) }
        }
    }

    private func serve(_ connection: Int32, _ number: Int) {
        var input = Input(connection: connection)
        // The descriptor is closed by `stop` alone, so that it can't be another's by then.
        defer { shutdown(connection, Int32(SHUT_RDWR)) }
        while let request = input.request(number) {
            state.withLock { $0.received.append(request) }
            switch reply(request) {
            case .keep(let bytes): sendAll(connection, bytes)
            case .close(let bytes):
                sendAll(connection, bytes)
                return
            case .hang: while input.more() {}
            case .stream(let write): return write { sendAll(connection, $0) }
            }
        }
    }
}

/// The bytes of one connection, cut into requests.
private struct Input {
    let connection: Int32
    var bytes: [UInt8] = []

    mutating func more() -> Bool {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        let count = recv(connection, &buffer, buffer.count, 0)
        if count > 0 { bytes += buffer[..<count] }
        return count > 0
    }

    mutating func request(_ number: Int) -> TestServer.Received? {
        var end: Int?
        while end == nil {
            end = bytes.indices.dropLast(3).first { bytes[$0..<$0 + 4].elementsEqual([13, 10, 13, 10]) }
            if end == nil && !more() { return nil }
        }
        let head = String(decoding: bytes[..<(end! + 2)], as: UTF8.self)
        bytes.removeFirst(end! + 4)
        let bare = TestServer.Received(head: head, body: [], connection: number)
        if bare.field("expect") != nil { sendAll(connection, Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)) }
        let length = bare.field("content-length").flatMap(Int.init) ?? 0
        while bytes.count < length { if !more() { return nil } }
        defer { bytes.removeFirst(length) }
        return TestServer.Received(head: head, body: Array(bytes[..<length]), connection: number)
    }
}

@discardableResult
private func sendAll(_ connection: Int32, _ bytes: [UInt8]) -> Bool {
    var sent = 0
    while sent < bytes.count {
        let count = bytes[sent...].withUnsafeBytes {
            send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
        if count <= 0 { return false }
        sent += count
    }
    return true
}

/// A socket that listens on a port of 127.0.0.1 that nobody else has.
public func listeningSocket() throws -> (descriptor: Int32, port: UInt16) {
    struct NoSocket: Error {}
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isListening = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            bind(descriptor, $0, length) == 0 && listen(descriptor, 128) == 0
                && getsockname(descriptor, $0, &length) == 0
        }
    }
    guard isListening else { throw NoSocket() }
    return (descriptor, UInt16(bigEndian: address.sin_port))
}

public func startThread(_ work: @escaping @Sendable () -> Void) -> pthread_t {
    final class Work {
        let run: @Sendable () -> Void
        init(run: @escaping @Sendable () -> Void) { self.run = run }
    }
    var thread = pthread_t()
    pthread_create(
        &thread, nil,
        { data in
            Unmanaged<Work>.fromOpaque(data!).takeRetainedValue().run()
            return nil
        }, Unmanaged.passRetained(Work(run: work)).toOpaque())
    return thread
}

/// A whole answer.
public func answer(_ status: String = "200 OK", fields: String = "", _ body: [UInt8] = []) -> [UInt8] {
    Array("HTTP/1.1 \(status)\r\n\(fields)Content-Length: \(body.count)\r\n\r\n".utf8) + body
}

public func answer(_ status: String = "200 OK", fields: String = "", _ body: String) -> [UInt8] {
    answer(status, fields: fields, Array(body.utf8))
}
