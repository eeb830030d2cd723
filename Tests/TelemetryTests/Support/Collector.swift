import Glibc
import JSON
import Synchronization
import Testing

/// A trace collector made of one socket and one thread: keeps what it is sent, and answers as it is told.
///
/// `@unchecked Sendable`: the thread is set before anybody else knows the collector; all else is behind the mutex or
/// never changes.
final class Collector: @unchecked Sendable {
    struct Received: Sendable {
        let head: String
        let body: [UInt8]
    }

    enum Answer: Sendable {
        case status(Int, body: String = "{}")
        /// Nothing until the caller leaves.
        case silence
    }

    let port: UInt16
    private let listener: Int32
    private let answer: @Sendable (_ number: Int) -> Answer
    private let kept = Mutex<[Received]>([])
    private var thread = pthread_t()

    var endpoint: String { "http://127.0.0.1:\(port)" }
    var received: [Received] { kept.withLock { $0 } }

    /// The spans of all bodies, in the order they came.
    func spans() throws -> [JSONValue] {
        try received.flatMap { received in
            try JSONValue(parsing: received.body)["resourceSpans"]?[0]?["scopeSpans"]?[0]?["spans"]?.array
                ?? []
        }
    }

    /// - Parameter answer: given how many requests came before.
    init(_ answer: @escaping @Sendable (_ number: Int) -> Answer = { _ in .status(200) }) throws {
        self.answer = answer
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        let isListening = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) == 0 && listen(listener, 16) == 0
                    && getsockname(listener, $0, &length) == 0
            }
        }
        try #require(isListening)
        port = UInt16(bigEndian: address.sin_port)
        let collector = Unmanaged.passRetained(self).toOpaque()
        try #require(pthread_create(&thread, nil, collectorThread, collector) == 0)
    }

    /// Ends the thread; calls are refused from now on.
    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        pthread_join(thread, nil)
        close(listener)
    }

    fileprivate func serve() {
        while true {
            let connection = accept(listener, nil, nil)
            guard connection >= 0 else { return }
            if let request = receive(connection) {
                let number = kept.withLock { kept in
                    kept.append(request)
                    return kept.count - 1
                }
                switch answer(number) {
                case .status(let status, let body):
                    let answer = Array(
                        "HTTP/1.1 \(status) X\r\nConnection: close\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
                            .utf8)
                    send(connection, answer, answer.count, Int32(MSG_NOSIGNAL))
                case .silence:
                    var byte: UInt8 = 0
                    while recv(connection, &byte, 1, 0) > 0 {}
                }
            }
            close(connection)
        }
    }

    private func receive(_ connection: Int32) -> Received? {
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = recv(connection, &piece, piece.count, 0)
            guard count > 0 else { return nil }
            bytes += piece[..<count]
            guard
                let end = bytes.indices.dropLast(3).first(where: {
                    bytes[$0..<$0 + 4].elementsEqual("\r\n\r\n".utf8)
                })
            else { continue }
            let head = String(decoding: bytes[..<end], as: UTF8.self).lowercased()
            let length = head.split(whereSeparator: \.isNewline).first { $0.hasPrefix("content-length: ") }
                .flatMap { Int($0.dropFirst(16)) }
            let body = bytes[(end + 4)...]
            if body.count >= length ?? 0 { return Received(head: head, body: Array(body)) }
        }
    }
}

private func collectorThread(_ collector: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    collector.map { Unmanaged<Collector>.fromOpaque($0).takeRetainedValue().serve() }
    return nil
}
