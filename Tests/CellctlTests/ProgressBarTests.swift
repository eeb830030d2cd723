import Testing

@testable import cellctl

@Suite struct ProgressBarTests {
    @Test("the line tells share, bytes and rate")
    func line() {
        #expect(
            ProgressBar.line(sent: 12_300_000, total: 27_100_000, elapsed: .milliseconds(1500))
                == "sending  45% [#########-----------] 12.3 of 27.1 MB, 8.2 MB/s")
        #expect(
            ProgressBar.line(sent: 0, total: 1_000_000, elapsed: .zero)
                == "sending   0% [--------------------] 0.0 of 1.0 MB")
    }

    @Test("when all is sent, it says that the server works on")
    func end() {
        #expect(
            ProgressBar.line(sent: 5, total: 5, elapsed: .seconds(1))
                == "sending 100% [####################] 0.0 MB, waiting for the answer")
        #expect(ProgressBar.line(sent: 0, total: 0, elapsed: .zero).contains("100%"))
    }

    @Test("it is drawn over itself, ten times a second at most, and taken away at the end")
    func drawing() {
        let terminal = Terminal(answers: [])
        let surroundings = terminal.surroundings()
        let bar = ProgressBar(total: 100, surroundings)
        bar.update(sent: 10)
        bar.update(sent: 20)
        surroundings.sleep(.milliseconds(100))
        bar.update(sent: 30)
        bar.clear()
        #expect(terminal.errors.split(separator: "\r").map { $0.contains("%") } == [true, true, false])
        #expect(terminal.errors.hasSuffix("\r\u{1B}[K"))
    }
}
