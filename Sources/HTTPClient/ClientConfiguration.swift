/// How a client calls. The defaults are for calls to others: https alone, short, small.
public struct ClientConfiguration: Sendable {
    /// False refuses `http://`; nothing but http and https is ever spoken.
    public var allowsPlainHTTP = false
    public var destinations = DestinationPolicy.any
    /// Used instead of `http_proxy` and the like, which are ignored. Only with `DestinationPolicy.any`, since a
    /// proxy alone knows where it connects to.
    public var proxyURL: String?
    public var tls = TLS()
    public var timeLimits = TimeLimits()
    /// The largest body that is kept in memory; one that is streamed to the caller has no limit.
    public var responseBytesMax = 8 << 20
    /// Header fields of a response in all.
    public var fieldsBytesMax = 64 << 10
    /// How many idle handles are kept, each with the connections it opened. There are as many busy ones as calls.
    public var idleHandlesMax = 8
    public var userAgent = "titan-control-plane"

    public init() {}

    /// Whom to believe and who to be. TLS is always 1.2 or newer, and the certificate and its name are checked.
    public struct TLS: Sendable, Equatable {
        /// PEM. In place of the system's authorities, not beside them.
        public var authoritiesFile: String?
        /// PEM, with its chain.
        public var certificateFile: String?
        /// PEM, unencrypted.
        public var keyFile: String?

        public init(authoritiesFile: String? = nil, certificateFile: String? = nil, keyFile: String? = nil) {
            self.authoritiesFile = authoritiesFile
            self.certificateFile = certificateFile
            self.keyFile = keyFile
        }
    }
}

/// How long a call may take.
public struct TimeLimits: Sendable, Equatable {
    /// Until the connection stands: name lookup, TCP, TLS.
    public var connectSeconds: Double
    /// The whole call. Nil for a stream that lasts as long as it is watched.
    public var totalSeconds: Double?
    /// Without a byte in either direction, waiting for the answer included: longer than any long poll. Nil for
    /// no limit.
    public var idleSeconds: Int?

    public init(connectSeconds: Double = 3, totalSeconds: Double? = 10, idleSeconds: Int? = 60) {
        self.connectSeconds = connectSeconds
        self.totalSeconds = totalSeconds
        self.idleSeconds = idleSeconds
    }
}
