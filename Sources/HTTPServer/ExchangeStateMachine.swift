/// Where one request and its answer stand, and what has to be done next.
///
/// libmicrohttpd calls the handler for each request once when the head is there, once for each piece of the
/// body, and once (or again) when the request is whole. A connection is **suspended** while its answer is
/// made, its watch waits, its body's reader is behind or its answer's writer is; the library does not touch
/// it then. A response may be queued in the first call, which closes the connection afterwards, or when the
/// request is whole. From this follow the states below. A pure value: the connection tells it what happened,
/// and does what it returns.
struct ExchangeStateMachine {
    enum State: CaseIterable {
        /// Between requests.
        case idle
        /// The request line is there, fields are arriving.
        case head
        /// The answer is there; it is queued when the request is whole.
        case ready
        /// The body is being collected for `.deferred`.
        case collecting
        /// What follows the head of a `.watch` is read and thrown away.
        case parking
        /// The body goes to a reader.
        case streaming
        /// As `streaming`; suspended until the reader has caught up.
        case streamingPaused
        /// The answer is there before the body's end; the rest is thrown away.
        case streamingAnswered
        /// Suspended until the answer is made off the loop.
        case working
        /// Suspended until the watch is answered.
        case watching
        /// The response is queued.
        case sending
        /// As `sending`; suspended until the body's writer has more.
        case sendingPaused
        /// Nothing more comes of it: the connection is closed at the next chance.
        case abandoned

        var isSuspended: Bool {
            switch self {
            case .streamingPaused, .working, .watching, .sendingPaused: true
            case .idle, .head, .ready, .collecting, .parking, .streaming, .streamingAnswered, .sending,
                .abandoned:
                false
            }
        }

        /// Some of a request is there, the rest is not, and no answer has been queued.
        var awaitsRequest: Bool {
            switch self {
            case .head, .collecting, .parking, .streaming: true
            case .idle, .ready, .streamingPaused, .streamingAnswered, .working, .watching, .sending,
                .sendingPaused, .abandoned:
                false
            }
        }
    }

    enum Event: CaseIterable {
        case requestLine
        /// The head was refused, or its answer does not wait for the announced body.
        case answeredEarly
        /// The head's answer is there, and there is no body.
        case answered
        case deferred
        case streamed
        case watched
        case bodyBytes
        /// Called when the request is whole, and again after a suspension then.
        case whole
        /// The reader holds all it may.
        case readerFull
        /// The reader has room again.
        case readerReady
        /// The watch goes on waiting.
        case kept
        /// The watch has its answer.
        case settled
        /// The answer was made off the loop.
        case finished
        case clientGone
        /// The writer has nothing to send yet.
        case writerEmpty
        /// The writer has something to send again.
        case writerReady
        /// The library is done with the request, well or badly.
        case completed
        /// The server stops and waits no longer.
        case abandoned
    }

    enum Action {
        case nothing
        /// Queue the response; the library closes the connection behind it if the request is not whole.
        case queue
        /// Keep the bytes for the whole body.
        case collect
        /// Give the bytes to the reader.
        case handOn
        case discard
        /// Ask the watch.
        case decide
        /// Start the work; the connection goes on.
        case start
        case startAndSuspend
        case suspend
        case resume
        /// Have the library close the connection.
        case close
    }

    private(set) var state = State.idle

    mutating func after(_ event: Event) -> Action {
        let (next, action) = Self.transition(state, event)
        state = next
        return action
    }

    /// What the library should not have called closes the connection; mail that comes too late is dropped.
    private static func transition(_ state: State, _ event: Event) -> (State, Action) {
        let violation = (State.abandoned, Action.close)
        let late = (state, Action.nothing)
        switch event {
        case .requestLine: return state == .idle ? (.head, .nothing) : violation
        case .answeredEarly: return state == .head ? (.sending, .queue) : violation
        case .answered: return state == .head ? (.ready, .nothing) : violation
        case .streamed: return state == .head ? (.streaming, .start) : violation
        case .watched: return state == .head ? (.parking, .nothing) : violation
        case .readerFull: return state == .streaming ? (.streamingPaused, .suspend) : late
        case .readerReady: return state == .streamingPaused ? (.streaming, .resume) : late
        case .clientGone: return state == .watching ? (.abandoned, .resume) : late
        case .writerEmpty: return state == .sending ? (.sendingPaused, .suspend) : late
        case .writerReady: return state == .sendingPaused ? (.sending, .resume) : late
        case .completed: return (.idle, .nothing)
        case .abandoned: return (.abandoned, state.isSuspended ? .resume : .nothing)
        case .deferred:
            switch state {
            case .head: return (.collecting, .nothing)
            case .parking: return (.working, .startAndSuspend)
            case .watching: return (.working, .start)
            default: return violation
            }
        case .bodyBytes:
            switch state {
            case .collecting: return (state, .collect)
            case .streaming: return (state, .handOn)
            case .streamingAnswered, .parking: return (state, .discard)
            default: return violation
            }
        case .whole:
            switch state {
            case .ready, .streamingAnswered: return (.sending, .queue)
            case .collecting: return (.working, .startAndSuspend)
            case .streaming: return (.working, .suspend)
            case .parking: return (.parking, .decide)
            default: return violation
            }
        case .kept:
            return state == .parking ? (.watching, .suspend) : late
        case .settled:
            switch state {
            case .parking: return (.sending, .queue)
            case .watching: return (.ready, .resume)
            default: return late
            }
        case .finished:
            switch state {
            case .working: return (.ready, .resume)
            case .streaming: return (.streamingAnswered, .nothing)
            case .streamingPaused: return (.streamingAnswered, .resume)
            default: return late
            }
        }
    }
}
