/// Where a URL leads, as libcurl itself reads it: `http://0x7f.1` is 127.0.0.1 here too.
public struct Destination: Sendable, Equatable {
    /// As it stands in the URL; an IPv6 address in its brackets.
    public let host: String
    public let port: UInt16
    /// True for http, false for https.
    public let isPlain: Bool

    /// - Throws: `badURL` for what can't be called, whatever is allowed.
    public init(_ url: String) throws(ClientError) {
        self = try ParsedURL(url, allowsPlainHTTP: true).destination
    }

    init(host: String, port: UInt16, isPlain: Bool) {
        self.host = host
        self.port = port
        self.isPlain = isPlain
    }

    /// The address that stands in place of a name.
    var literal: IPAddress? {
        guard host.hasPrefix("[") else { return IPAddress(host) }
        return IPAddress(String(host.dropFirst().dropLast().prefix { $0 != "%" }))
    }

    /// RFC 6761 §6.3: a name of this machine, which libcurl resolves without asking anyone.
    var isLocalName: Bool {
        var name = host.lowercased()
        if name.hasSuffix(".") { name.removeLast() }
        return name == "localhost" || name.hasSuffix(".localhost")
    }
}

extension Destination: CustomStringConvertible {
    /// `host:port`, as the allow list takes it.
    public var description: String { "\(host):\(port)" }
}
