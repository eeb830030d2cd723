import CCurl

/// Where a client may connect to.
///
/// It is asked for each numeric address after names are resolved and before a socket is connected: the only place
/// where no spelling of an address, no redirect and no change of DNS between check and use gets past it.
public enum DestinationPolicy: Sendable, Equatable {
    /// For the command line: the person says where.
    case any
    /// For targets that come from data. Loopback, private, link-local and every other network that is not the
    /// public internet are refused, and so is plain http, save where the operator allows it.
    case publicOnly(allow: [AllowedDestination] = [])

    func allows(_ address: IPAddress, for destination: Destination) -> Bool {
        switch self {
        case .any: true
        case .publicOnly(let allow):
            (address.isPublic && !destination.isPlain)
                || allow.contains { $0.covers(address, for: destination) }
        }
    }

    /// False where no address that the destination can have is allowed, as far as that shows without asking DNS: so
    /// that a request can be refused while the person who wrote it is still there. The connection is checked anyway.
    public func mayAllow(_ destination: Destination) -> Bool {
        if let address = destination.literal { return allows(address, for: destination) }
        guard case .publicOnly(let allow) = self else { return true }
        return (!destination.isPlain && !destination.isLocalName)
            || allow.contains { $0.mayCover(destination) }
    }
}

/// An entry of the operator's allow list: a host name as it stands in the URL, an address, or a network; of one port
/// or of all.
public struct AllowedDestination: Sendable, Equatable {
    enum Place: Sendable, Equatable {
        case host(String)
        case network(IPNetwork)
    }

    let place: Place
    /// Nil: each.
    let port: UInt16?

    /// Reads `copier.titan.internal`, `10.1.2.3`, `10.1.0.0/16` or `[fd00::7]`, with `:8443` behind it for one port
    /// alone; an IPv6 address with a port stands in brackets. Nil for anything else.
    public init?(_ text: String) {
        if let place = Place(text) {
            self.place = place
            port = nil
            return
        }
        guard let colon = text.lastIndex(of: ":"), let place = Place(String(text[..<colon])),
            !text[..<colon].contains(":") || text.hasPrefix("[")
        else { return nil }
        let digits = text[text.index(after: colon)...]
        guard let port = UInt16(digits), port > 0, String(port) == digits else { return nil }
        self.place = place
        self.port = port
    }

    func covers(_ address: IPAddress, for destination: Destination) -> Bool {
        guard port == nil || port == destination.port else { return false }
        switch place {
        case .host(let name): return name == destination.host.lowercased()
        case .network(let network): return network.contains(address)
        }
    }

    /// Whether one of the addresses of a name, which are not known yet, can be covered.
    func mayCover(_ destination: Destination) -> Bool {
        guard port == nil || port == destination.port else { return false }
        switch place {
        case .host(let name): return name == destination.host.lowercased()
        case .network(let network): return !destination.isLocalName || network.holdsLoopback
        }
    }
}

extension IPNetwork {
    fileprivate var holdsLoopback: Bool {
        ["127.0.0.1", "::1"].compactMap(IPAddress.init).contains(where: contains)
    }
}

extension AllowedDestination.Place {
    init?(_ text: String) {
        if let network = IPNetwork(text) {
            self = .network(network)
            return
        }
        if text.hasPrefix("["), text.hasSuffix("]"),
            let address = IPAddress(String(text.dropFirst().dropLast())),
            address.bytes.count == 16
        {
            self = .network(IPNetwork(bytes: address.bytes, bits: 128))
            return
        }
        let labels = text.lowercased().split(separator: ".", omittingEmptySubsequences: false)
        // Where the last label is a number, curl takes the name for an address.
        guard let last = labels.last, last.utf8.first.map({ !isDigit($0) }) == true,
            labels.allSatisfy({ !$0.isEmpty && $0.utf8.count <= 63 && $0.utf8.allSatisfy(isHostByte) })
        else { return nil }
        self = .host(text.lowercased())
    }
}

private func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

private func isHostByte(_ byte: UInt8) -> Bool {
    isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || byte == UInt8(ascii: "-")
        || byte == UInt8(ascii: "_")
}
