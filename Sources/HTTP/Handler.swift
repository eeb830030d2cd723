/// What a server calls for each request. The one seam between a server that knows nothing of cells and an API
/// that knows nothing of sockets.
public protocol Handler: Sendable {
    /// Decides from the head alone what becomes of the request, before a byte of its body (or a `100
    /// Continue`).
    ///
    /// Runs on a loop's thread that all its connections share: it must not block, do I/O, or take long.
    func receive(_ head: RequestHead) -> Reception
}

/// What becomes of a request.
public enum Reception: Sendable {
    /// Answered at once, on the loop. A body that was announced is refused by closing the connection.
    case answer(Response)
    /// Suspended; the whole body, of at most `bodyBytesMax` bytes (else 413 by `Handler`-independent guard),
    /// is collected and the answer made off the loop.
    case deferred(bodyBytesMax: Int, @Sendable (Request) async -> Response)
    /// As `deferred`, but the body is read as it arrives; `request.body` is empty.
    case streamed(bodyBytesMax: Int, @Sendable (Request, any BodyReader) async -> Response)
    /// Held until its signal fires and it has an answer, or its deadline comes.
    case watch(Watch)
}

/// A long poll, parked on the loop.
public struct Watch: Sendable {
    public enum Moment: Sendable {
        /// The signal has fired since the last call.
        case woken
        /// The deadline has passed, or a newer watch of the same `owner` has taken its place, or the server
        /// stops.
        case ended
    }

    public var signal: Signal
    public var deadline: ContinuousClock.Instant
    /// One watch for an owner: a new one ends the old. Nil: no such bound.
    public var owner: String?
    /// Called on the loop: first when the watch is parked, then at each moment. Nil means keep waiting (it
    /// must answer at `.ended`); `.deferred` moves the answer off the loop; another `.watch` is not allowed.
    public var decide: @Sendable (Moment) -> Reception?

    public init(
        signal: Signal, deadline: ContinuousClock.Instant, owner: String? = nil,
        decide: @escaping @Sendable (Moment) -> Reception?
    ) {
        self.signal = signal
        self.deadline = deadline
        self.owner = owner
        self.decide = decide
    }
}
