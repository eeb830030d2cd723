import Glibc

/// A client that says exactly the bytes it is given, and reads answers with a time limit.
final class Client {
    struct Answer: Equatable {
        var status: Int
        /// Names in lower case.
        var fields: [String: String]
        var body: [UInt8]

        var text: String { String(decoding: body, as: UTF8.self) }
    }

    struct Failure: Error {
        var what: String
    }

    let descriptor: Int32
    private var buffer: [UInt8] = []

    init(port: UInt16, receiveBufferBytes: Int32? = nil) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var limit = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        if var bytes = receiveBufferBytes {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &bytes, socklen_t(MemoryLayout<Int32>.size))
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw Failure(what: "connect: \(errno)") }
    }

    deinit { close(descriptor) }

    func send(_ text: String) throws { try send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) throws {
        guard Self.send(bytes, to: descriptor) else { throw Failure(what: "send: \(errno)") }
    }

    /// False where not all of it could be sent.
    static func send(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    /// The next answer; throws where the connection ends or nothing comes.
    func receive(toHead: Bool = false) throws -> Answer {
        guard let answer = try receiveUnlessClosed(toHead: toHead) else { throw Failure(what: "closed") }
        return answer
    }

    /// Nil where the connection ends before the next answer begins.
    func receiveUnlessClosed(toHead: Bool = false) throws -> Answer? {
        while true {
            guard let answer = try receiveAny(toHead: toHead) else { return nil }
            if answer.status != 100 { return answer }
        }
    }

    /// As it comes, a `100 Continue` too.
    func receiveAny(toHead: Bool = false) throws -> Answer? {
        guard let head = try line(until: "\r\n\r\n") else { return nil }
        var lines = head.split(separator: "\r\n").map(String.init)
        let statusLine = lines.isEmpty ? [] : lines.removeFirst().split(separator: " ")
        guard statusLine.count > 1, statusLine[0] == "HTTP/1.1", let status = Int(statusLine[1]) else {
            throw Failure(what: "no status in \(head)")
        }
        var fields: [String: String] = [:]
        for line in lines {
            let parts = line.split(separator: ":", maxSplits: 1).map(String.init)
            let name = parts[0].lowercased()
            let value = parts.count > 1 ? String(parts[1].drop { $0 == " " }) : ""
            guard fields.updateValue(value, forKey: name) == nil else { throw Failure(what: "two \(name)") }
        }
        if toHead || status == 100 || status == 204 || status == 304 {
            return Answer(status: status, fields: fields, body: [])
        }
        return Answer(status: status, fields: fields, body: try body(fields))
    }

    private func body(_ fields: [String: String]) throws -> [UInt8] {
        if fields["transfer-encoding"] == "chunked" {
            var body: [UInt8] = []
            while true {
                guard let size = try line(until: "\r\n"), let count = Int(size, radix: 16) else {
                    throw Failure(what: "broken off")
                }
                body += try take(count)
                _ = try take(2)
                if count == 0 { return body }
            }
        }
        guard let length = fields["content-length"].flatMap({ Int($0) }) else { return try rest() }
        return try take(length)
    }

    /// What comes until the connection ends.
    func rest() throws -> [UInt8] {
        while try more() {}
        defer { buffer = [] }
        return buffer
    }

    /// Whether the server ends the connection without another byte.
    func isClosed() throws -> Bool { try rest().isEmpty }

    private func take(_ count: Int) throws -> [UInt8] {
        while buffer.count < count {
            guard try more() else { throw Failure(what: "broken off") }
        }
        defer { buffer.removeFirst(count) }
        return Array(buffer.prefix(count))
    }

    private func line(until mark: String) throws -> String? {
        let mark = Array(mark.utf8)
        var searched = 0
        while true {
            while searched + mark.count <= buffer.count {
                if buffer[searched..<searched + mark.count].elementsEqual(mark) {
                    let line = String(decoding: buffer[..<searched], as: UTF8.self)
                    buffer.removeFirst(searched + mark.count)
                    return line
                }
                searched += 1
            }
            guard try more() else {
                if buffer.isEmpty { return nil }
                throw Failure(what: "broken off")
            }
        }
    }

    /// Reads some; false where the connection has ended, in order or not.
    private func more() throws -> Bool {
        var piece = [UInt8](repeating: 0, count: 65_536)
        let count = piece.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
        if count > 0 {
            buffer += piece[..<count]
            return true
        }
        if count == 0 || errno == ECONNRESET { return false }
        throw Failure(what: "recv: \(errno)")
    }
}
