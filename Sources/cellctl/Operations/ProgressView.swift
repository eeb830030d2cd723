import Registry

/// How far long work is, in words.
protocol LongWorkProgress {
    /// What a change of is worth a line on a pipe.
    var essence: String { get }
    /// For a pipe.
    func line() -> String
    /// For a terminal of so many columns.
    func lines(width: Int, _ paint: Paint) -> [String]
}

/// Where the progress of long work is shown: a picture that is drawn over itself on a terminal, lines on a pipe.
/// Both on standard error, since standard output is for the answer.
final class ProgressView {
    /// Between two lines on a pipe.
    static let lineInterval = Duration.seconds(5)

    private let session: Session
    /// Lines of the picture on the terminal.
    private var height = 0
    private var written: (essence: String, at: Duration)?

    init(_ session: Session) { self.session = session }

    /// How often there is something new to show.
    var interval: Duration { session.isLive ? .seconds(1) : .seconds(3) }

    func show(_ progress: any LongWorkProgress) {
        if session.isLive {
            draw(progress.lines(width: session.console.width(), session.errorPaint))
        } else {
            write(progress.line(), essence: progress.essence)
        }
    }

    /// The control plane can't be asked.
    func show(absence: String) {
        let line = "\(absence) (trying again)"
        if session.isLive {
            draw([String(line.printable.prefix(session.console.width() - 1))])
        } else {
            write(line, essence: absence)
        }
    }

    /// Takes the picture away: what follows is written where it stood.
    func clear() {
        if height > 0 { draw([]) }
    }

    private func write(_ line: String, essence: String) {
        let now = session.surroundings.uptime()
        if let written, written.essence == essence || now - written.at < Self.lineInterval { return }
        written = (essence, now)
        session.console.printError("\(session.surroundings.now().description)  \(line)")
    }

    /// The cursor stays at the end of the last line, so that Ctrl-C leaves the picture where it is.
    private func draw(_ lines: [String]) {
        let up = height > 1 ? "\u{1B}[\(height - 1)A" : ""
        session.console.writeError(Array("\r\(up)\u{1B}[J\(lines.joined(separator: "\n"))".utf8))
        height = lines.count
    }
}

extension Session {
    /// True where a picture can be drawn over itself.
    var isLive: Bool { console.errorIsTerminal && surroundings.environment["TERM"] != "dumb" }
}
