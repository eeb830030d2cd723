import CCurl

/// Where a client may connect to.
///
/// It is asked for each numeric address after names are resolved and before a socket is connected: the only place
/// where no spelling of an address, no redirect and no change of DNS between check and use gets past it.
public enum DestinationPolicy: Sendable, Equatable {
    /// For the command line: the person says where.
    case any
    /// For targets that come from data. Loopback, private, link-local and every other network that is not the
    /// public internet are refused, save those that the operator allows.
    case publicOnly(allow: [AllowedDestination] = [])

    func allows(_ address: IPAddress, host: String) -> Bool {
        switch self {
        case .any: true
        case .publicOnly(let allow): address.isPublic || allow.contains { $0.covers(address, host: host) }
        }
    }
}

/// An entry of the operator's allow list: a host name as it stands in the URL, an address, or a network.
public enum AllowedDestination: Sendable, Equatable {
    case host(String)
    case network(IPNetwork)

    /// Reads `copier.titan.internal`, `10.1.2.3` or `10.1.0.0/16`; nil for anything else.
    public init?(_ text: String) {
        if let network = IPNetwork(text) {
            self = .network(network)
            return
        }
        let labels = text.lowercased().split(separator: ".", omittingEmptySubsequences: false)
        // Where the last label is a number, curl takes the name for an address.
        guard let last = labels.last, last.utf8.first.map({ !isDigit($0) }) == true,
            labels.allSatisfy({ !$0.isEmpty && $0.utf8.count <= 63 && $0.utf8.allSatisfy(isHostByte) })
        else { return nil }
        self = .host(text.lowercased())
    }

    func covers(_ address: IPAddress, host: String) -> Bool {
        switch self {
        case .host(let name): name == host.lowercased()
        case .network(let network): network.contains(address)
        }
    }
}

private func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

private func isHostByte(_ byte: UInt8) -> Bool {
    isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || byte == UInt8(ascii: "-")
        || byte == UInt8(ascii: "_")
}
