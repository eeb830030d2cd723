import HTTP

/// Is told what became of each exchange. Called on the loops' threads: it must be quick and must not block.
public protocol ServerObserver: Sendable {
    func finished(_ exchange: FinishedExchange)
    /// A connection was cut off because its client was slower than a deadline.
    func reaped(_ phase: ReapedPhase)
}

/// One request and its answer, after the last byte was given to the kernel or the connection was lost.
public struct FinishedExchange: Sendable {
    /// Nil where the request was refused before its method was known.
    public var method: Method?
    /// Nil where the connection ended before an answer was begun.
    public var status: Status?
    /// From the turn of the loop that found the request to the answer's last byte.
    public var duration: Duration
    public var bodyBytesReceived: Int
    /// Without the head; what a client that went away would have got is counted too.
    public var bodyBytesSent: Int
    /// False where the connection broke off.
    public var isComplete: Bool
}

/// What a client was too slow with.
public enum ReapedPhase: String, Sendable, CaseIterable {
    case head
    case body
    case answer
    case idle
}
