import ArgumentParser

/// `HOST:PORT` of a listener; an IPv6 address stands in brackets.
struct Address: CustomStringConvertible {
    let host: String
    let port: UInt16

    init(_ text: String, option: String) throws {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]),
            colon != text.startIndex
        else {
            throw ValidationError(
                "\(option) must be HOST:PORT, like 127.0.0.1:8080 or [::1]:8080, not '\(text)'.")
        }
        host = String(text[..<colon])
        self.port = port
    }

    var isLoopback: Bool { host == "localhost" || host == "[::1]" || host == "::1" || host.hasPrefix("127.") }
    var description: String { "\(host):\(port)" }
}
