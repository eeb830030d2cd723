import Testing

@testable import HTTPServer

@Suite("Exchange state machine")
struct ExchangeStateMachineTests {
    private typealias Machine = ExchangeStateMachine

    /// What is expected of each state and event that do something; of all others, one of the two defaults.
    private static let table = """
        idle requestLine: head nothing
        head answeredEarly: sending queue
        head answered: ready nothing
        head deferred: collecting nothing
        head streamed: streaming start
        head watched: parking nothing
        ready whole: sending queue
        collecting bodyBytes: collecting collect
        collecting whole: working startAndSuspend
        parking deferred: working startAndSuspend
        parking bodyBytes: parking discard
        parking whole: parking decide
        parking kept: watching suspend
        parking settled: sending queue
        streaming bodyBytes: streaming handOn
        streaming whole: working suspend
        streaming readerFull: streamingPaused suspend
        streaming finished: streamingAnswered nothing
        streamingPaused readerReady: streaming resume
        streamingPaused finished: streamingAnswered resume
        streamingPaused abandoned: abandoned resume
        streamingAnswered bodyBytes: streamingAnswered discard
        streamingAnswered whole: sending queue
        working finished: ready resume
        working abandoned: abandoned resume
        watching deferred: working start
        watching settled: ready resume
        watching clientGone: abandoned resume
        watching abandoned: abandoned resume
        sending writerEmpty: sendingPaused suspend
        sendingPaused writerReady: sending resume
        sendingPaused abandoned: abandoned resume
        """

    /// Shortest ways into each state.
    private static let ways: [Machine.State: [Machine.Event]] = [
        .idle: [],
        .head: [.requestLine],
        .ready: [.requestLine, .answered],
        .collecting: [.requestLine, .deferred],
        .parking: [.requestLine, .watched],
        .streaming: [.requestLine, .streamed],
        .streamingPaused: [.requestLine, .streamed, .readerFull],
        .streamingAnswered: [.requestLine, .streamed, .finished],
        .working: [.requestLine, .deferred, .whole],
        .watching: [.requestLine, .watched, .whole, .kept],
        .sending: [.requestLine, .answeredEarly],
        .sendingPaused: [.requestLine, .answeredEarly, .writerEmpty],
        .abandoned: [.abandoned],
    ]

    /// What the library calls in a state where it must not: the connection is closed. All else is mail, which
    /// may come too late and is dropped then.
    private static let calls: Set<Machine.Event> = [
        .requestLine, .answeredEarly, .answered, .deferred, .streamed, .watched, .bodyBytes, .whole,
    ]

    @Test("Every state answers every event as the table says", arguments: Machine.State.allCases)
    private func transitions(state: Machine.State) throws {
        let way = try #require(Self.ways[state])
        for event in Machine.Event.allCases {
            var machine = Machine()
            for step in way { _ = machine.after(step) }
            try #require(machine.state == state)
            let action = machine.after(event)
            let line = Self.table.split(separator: "\n").first { $0.hasPrefix("\(state) \(event): ") }
            let expected: String
            if let line {
                expected = String(line.split(separator: ":")[1].dropFirst())
            } else if event == .completed {
                expected = "idle nothing"
            } else if event == .abandoned {
                expected = "abandoned nothing"
            } else {
                expected = Self.calls.contains(event) ? "abandoned close" : "\(state) nothing"
            }
            #expect("\(machine.state) \(action)" == expected, "\(state) \(event)")
        }
    }

    @Test("A suspended connection is resumed by whatever lets it go on or end")
    func suspension() {
        for (state, way) in Self.ways where state.isSuspended {
            var machine = Machine()
            for step in way { _ = machine.after(step) }
            #expect(machine.after(.abandoned) == .resume, "\(state)")
        }
    }
}
