import Glibc
import HTTP
import Synchronization

/// An HTTP/1.1 server on libmicrohttpd that knows nothing of what it serves.
///
/// Every request goes to the handler as a head; what the handler says becomes of it is done here: answered on
/// the loop, suspended while the answer is made, streamed either way, or parked as a long poll. Hostile and
/// slow clients are refused and cut off before they cost the others anything.
public final class HTTPServer: Sendable {
    public let gauges = ServerGauges()
    private let configuration: ServerConfiguration
    private let handler: any Handler
    private let owners = WatchOwners()

    private enum State {
        case new
        case running([Loop])
        case stopped
    }

    private let state = Mutex(State.new)

    /// Descriptors that the process needs beside connections: files, the database, outbound calls.
    private static let otherDescriptors = 256

    public init(configuration: ServerConfiguration, handler: any Handler) {
        self.configuration = configuration
        self.handler = handler
    }

    /// Listens, and serves until `shutdown`. Once; a server that failed to start is of no further use.
    ///
    /// Raises the process's soft limit of open descriptors to its hard one.
    public func start() throws(ServerError) -> BoundAddress {
        try raiseDescriptorLimit()
        var loops: [Loop] = []
        var address: BoundAddress?
        do {
            for _ in 0..<configuration.loops {
                let loop = try Loop(
                    configuration: configuration, handler: handler, gauges: gauges, owners: owners)
                let listener = try ListeningSocket.open(
                    host: configuration.host, port: address?.port ?? configuration.port,
                    isShared: configuration.loops > 1)
                if address == nil { address = listener.address }
                try loop.start(listener)
                loops.append(loop)
            }
        } catch {
            for loop in loops { loop.stop(by: .now()) }
            throw error
        }
        guard let address else { preconditionFailure("a server has at least one loop") }
        state.withLock { state in
            guard case .new = state else { preconditionFailure("a server is started once") }
            state = .running(loops)
        }
        return address
    }

    /// Stops accepting, ends every watch, answers what is in flight with `Connection: close`, and returns
    /// when all connections are closed or `limit` has passed, and the rest are cut off. A second call returns
    /// at once.
    public func shutdown(within limit: Duration) async {
        let loops = state.withLock { state in
            defer { state = .stopped }
            guard case .running(let loops) = state else { return [Loop]() }
            return loops
        }
        let deadline = MonotonicTime.now().adding(limit.nanoseconds)
        for loop in loops { loop.stop(by: deadline) }
        for loop in loops { await loop.stopped() }
    }

    private func raiseDescriptorLimit() throws(ServerError) {
        var limit = rlimit()
        unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = limit.rlim_max
        unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        let needed = configuration.limits.connectionsMax + Self.otherDescriptors
        let allowed = Int(clamping: limit.rlim_max)
        guard needed <= allowed else { throw .tooFewDescriptors(needed: needed, allowed: allowed) }
    }
}
