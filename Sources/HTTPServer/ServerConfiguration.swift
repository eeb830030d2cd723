import HTTP

/// How a server listens, what it allows, and what it tells of itself.
public struct ServerConfiguration: Sendable {
    /// An address (`127.0.0.1`, `::1`, `[::1]`) or a name; `::` listens on IPv4 too.
    public var host: String
    /// 0: any free one; `start()` says which.
    public var port: UInt16
    /// Threads that each serve their own share of the connections. One saturates a network card on two cores;
    /// with more, the kernel spreads connections by `SO_REUSEPORT`, which also lets a second process of the
    /// same user bind the same port.
    public var loops: Int
    public var limits: ServerLimits
    /// Nil: plain HTTP.
    public var tls: TLSConfiguration?
    /// Bodies of `.bytes` and `.stream` at least this long are compressed where the client asks and no
    /// `Content-Encoding` is set; under about an Ethernet frame nothing is gained. Nil: never.
    public var compressionBytesMin: Int?
    /// Makes the answers that the server gives by itself.
    public var problem: @Sendable (ServerProblem) -> Response
    /// Told of each exchange, on the loops' threads.
    public var observer: (any ServerObserver)?
    /// Gets each line that libmicrohttpd would log; most tell of what clients did wrong.
    public var log: (@Sendable (String) -> Void)?

    public init(
        host: String = "127.0.0.1", port: UInt16 = 0, loops: Int = 1, limits: ServerLimits = ServerLimits(),
        tls: TLSConfiguration? = nil, compressionBytesMin: Int? = 1_400,
        problem: @escaping @Sendable (ServerProblem) -> Response = { $0.response },
        observer: (any ServerObserver)? = nil, log: (@Sendable (String) -> Void)? = nil
    ) {
        precondition(loops > 0, "a server has at least one loop")
        self.host = host
        self.port = port
        self.loops = loops
        self.limits = limits
        self.tls = tls
        self.compressionBytesMin = compressionBytesMin
        self.problem = problem
        self.observer = observer
        self.log = log
    }
}
