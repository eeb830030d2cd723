import CCurl
import Glibc

/// An address as it goes to `connect`: four or sixteen bytes.
public struct IPAddress: Sendable, Equatable {
    let bytes: [UInt8]

    /// Reads the one canonical notation of each family; no octal, no short forms, no zone.
    public init?(_ text: String) {
        if text.utf8.contains(0) { return nil }
        for (family, count) in [(AF_INET, 4), (AF_INET6, 16)] {
            var bytes = [UInt8](repeating: 0, count: count)
            if unsafe inet_pton(family, text, &bytes) == 1 {
                self.bytes = bytes
                return
            }
        }
        return nil
    }

    /// Nil for any family but IP.
    init?(_ address: UnsafePointer<sockaddr>) {
        switch unsafe Int32(address.pointee.sa_family) {
        case AF_INET:
            bytes = unsafe address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                unsafe withUnsafeBytes(of: $0.pointee.sin_addr) { unsafe Array($0) }
            }
        case AF_INET6:
            bytes = unsafe address.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) {
                unsafe withUnsafeBytes(of: $0.pointee.sin6_addr) { unsafe Array($0) }
            }
        default: return nil
        }
    }

    /// True on the public internet: not in a network of the IANA special-purpose registries (RFC 6890), and for
    /// IPv6 in what is assigned as global unicast (2000::/3), which leaves out every form that carries an IPv4
    /// address inside.
    var isPublic: Bool {
        bytes.count == 4
            ? !Self.special.contains { $0.contains(self) }
            : Self.globalUnicast.contains(self) && !Self.special.contains { $0.contains(self) }
    }

    private static let globalUnicast = IPNetwork(bytes: [0x20] + [UInt8](repeating: 0, count: 15), bits: 3)

    private static let special = [
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
        "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24", "224.0.0.0/3",
        // IETF protocols with Teredo, documentation, 6to4, and segment routing.
        "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
    ].compactMap(IPNetwork.init)
}

extension IPAddress: CustomStringConvertible {
    public var description: String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        unsafe inet_ntop(bytes.count == 4 ? AF_INET : AF_INET6, bytes, &text, socklen_t(text.count))
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}

/// All addresses that begin with the same bits.
public struct IPNetwork: Sendable, Equatable {
    let bytes: [UInt8]
    let bits: Int

    init(bytes: [UInt8], bits: Int) {
        self.bytes = bytes
        self.bits = bits
    }

    /// Reads `10.0.0.0/8`, or one address as the network of itself. Nil where a bit is set past the prefix,
    /// since then either the address or the prefix is a mistake.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = IPAddress(String(parts[0])) else { return nil }
        bytes = address.bytes
        if parts.count == 1 {
            bits = bytes.count * 8
        } else {
            guard let bits = Int(parts[1]), String(bits) == parts[1], (0...bytes.count * 8).contains(bits)
            else { return nil }
            self.bits = bits
        }
        let host = zip(bytes, bytes.indices).map { $0 & ~mask($1) }
        guard host.allSatisfy({ $0 == 0 }) else { return nil }
    }

    func contains(_ address: IPAddress) -> Bool {
        address.bytes.count == bytes.count
            && bytes.indices.allSatisfy { (address.bytes[$0] ^ bytes[$0]) & mask($0) == 0 }
    }

    /// The bits of that byte that belong to the prefix.
    private func mask(_ index: Int) -> UInt8 {
        let count = min(max(bits - index * 8, 0), 8)
        return count == 0 ? 0 : 0xFF << (8 - count)
    }
}
