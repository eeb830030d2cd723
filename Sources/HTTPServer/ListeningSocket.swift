import Glibc

/// A bound, listening, non-blocking socket; whoever takes its descriptor closes it.
struct ListeningSocket {
    let descriptor: Int32
    let address: BoundAddress

    /// How many connections the kernel keeps until they are accepted; it may cap it (`net.core.somaxconn`).
    private static let backlog: Int32 = 4_096

    /// - Parameter isShared: more sockets follow on the same port (`SO_REUSEPORT`).
    static func open(host: String, port: UInt16, isShared: Bool) throws(ServerError) -> ListeningSocket {
        let bare = host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
        var hints = unsafe addrinfo()
        unsafe hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        let result = unsafe getaddrinfo(bare, String(port), &hints, &found)
        guard result == 0, let first = unsafe found else {
            throw .unknownHost(bare, reason: unsafe String(cString: gai_strerror(result)))
        }
        defer { unsafe freeaddrinfo(first) }
        var failure = ServerError.unknownHost(bare, reason: "no address")
        var next: UnsafeMutablePointer<addrinfo>? = unsafe first
        while let candidate = unsafe next {
            do {
                return try unsafe open(candidate.pointee, isShared: isShared)
            } catch {
                failure = error
            }
            unsafe next = candidate.pointee.ai_next
        }
        throw failure
    }

    private static func open(_ info: addrinfo, isShared: Bool) throws(ServerError) -> ListeningSocket {
        let flags = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = unsafe socket(info.ai_family, flags, 0)
        guard descriptor >= 0 else { throw .last("socket") }
        do throws(ServerError) {
            try set(descriptor, SOL_SOCKET, SO_REUSEADDR, 1)
            if isShared { try set(descriptor, SOL_SOCKET, SO_REUSEPORT, 1) }
            if unsafe info.ai_family == AF_INET6 { try set(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, 0) }
            guard unsafe bind(descriptor, info.ai_addr, info.ai_addrlen) == 0 else {
                throw ServerError.last("bind")
            }
            guard listen(descriptor, backlog) == 0 else { throw ServerError.last("listen") }
            return ListeningSocket(descriptor: descriptor, address: try address(of: descriptor))
        } catch {
            close(descriptor)
            throw error
        }
    }

    private static func set(_ descriptor: Int32, _ level: Int32, _ option: Int32, _ value: Int32)
        throws(ServerError)
    {
        var value = value
        let result = unsafe setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
        guard result == 0 else { throw .last("setsockopt") }
    }

    private static func address(of descriptor: Int32) throws(ServerError) -> BoundAddress {
        var storage = sockaddr_storage()
        var count = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let host = unsafe withUnsafeMutablePointer(to: &storage) { storage -> String? in
            let address = unsafe UnsafeMutableRawPointer(storage).assumingMemoryBound(to: sockaddr.self)
            guard unsafe getsockname(descriptor, address, &count) == 0 else { return nil }
            return unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(NI_MAXHOST)) { text in
                let result = unsafe getnameinfo(
                    address, count, text.baseAddress, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
                return result == 0 ? unsafe text.baseAddress.map { unsafe String(cString: $0) } : nil
            }
        }
        guard let host else { throw .last("getsockname") }
        // The port stands at the same place for IPv4 and IPv6.
        let port = unsafe withUnsafeBytes(of: &storage) { unsafe UInt16($0[2]) << 8 | UInt16($0[3]) }
        return BoundAddress(host: host, port: port)
    }
}

extension ServerError {
    static func last(_ call: String) -> ServerError {
        .system(call: call, reason: unsafe String(cString: strerror(errno)))
    }
}
