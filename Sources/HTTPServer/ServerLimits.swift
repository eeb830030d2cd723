/// What one server allows its clients: sizes, counts and absolute times.
///
/// The times are deadlines from a phase's begin, not bounds of inactivity: a client that sends a byte every
/// few seconds is as slow as one that sends none. They are looked at every `sweepPeriod`, so one may be late
/// by that.
public struct ServerLimits: Sendable {
    /// Over all loops. More wait in the kernel's backlog. 4,000 gateways' connections use 4,000 of the
    /// process's descriptors, and 256 are left for its files and calls: `start()` fails where there are not
    /// so many.
    public var connectionsMax = 4_000
    /// The pool of a connection, zeroed for each request: headers up to about three quarters of it.
    /// libmicrohttpd answers 414 or 431 past it. 32 KB would cost three times the instructions of 8 KB a
    /// request.
    public var memoryBytes = 8_192
    /// Path and query as sent; past it 414. What DESIGN's parameters need fits in a tenth.
    public var targetBytesMax = 4_096
    /// Past it 431; a browser behind a proxy sends some 25.
    public var fieldsMax = 64
    /// No handler can allow more; past it 413 from the head alone.
    public var bodyBytesMax = 256 << 20
    /// Long polls that wait at once, over all loops; past it 503 with Retry-After. Each costs 5 to 9 KB.
    public var watchesMax = 2_000
    /// The least time between two wakings of one signal's watches: a fan-out costs 10 µs a watch.
    public var wakePeriod: Duration = .milliseconds(10)

    /// From the connection's begin (TLS included), or a later request's first line, to the head's end.
    public var headTime: Duration = .seconds(5)
    /// For a body, beside what its bytes take at `bytesPerSecondMin`.
    public var bodyTime: Duration = .seconds(15)
    /// For an answer, beside what its bytes take at `bytesPerSecondMin`.
    public var answerTime: Duration = .seconds(15)
    /// Slower clients are cut off: half an hour for a body of the largest size is long enough.
    public var bytesPerSecondMin = 128 << 10
    /// Between two requests of a connection; longer than the 60 s that most proxies keep theirs.
    public var idleTime: Duration = .seconds(75)

    public init() {}

    /// A quarter of the shortest time, between 10 ms and 1 s.
    var sweepPeriod: Duration {
        let shortest = min(min(headTime, bodyTime), min(answerTime, idleTime))
        return max(.milliseconds(10), min(.seconds(1), shortest / 4))
    }
}
