import JSON
import Registry

@testable import cellctl

/// A terminal, or two pipes, that keeps what is written to it; and clocks that move only when someone sleeps.
final class Terminal {
    private(set) var output = ""
    private(set) var errors = ""
    private(set) var slept: [Duration] = []
    /// What Ctrl-C would say.
    private(set) var farewell: [String] = []
    private var uptime = Duration.zero
    private var answers: [String]
    private let isInteractive: Bool

    /// - Parameter answers: what a person types, if there is one.
    init(answers: [String]? = nil) {
        self.answers = answers ?? []
        isInteractive = answers != nil
    }

    func surroundings(_ environment: [String: String] = [:]) -> Surroundings {
        Surroundings(
            environment: environment,
            console: Console(
                write: { self.output += String(decoding: $0, as: UTF8.self) },
                writeError: { self.errors += String(decoding: $0, as: UTF8.self) },
                ask: { self.answers.isEmpty ? nil : self.answers.removeFirst() },
                inputIsTerminal: isInteractive, outputIsTerminal: false, errorIsTerminal: isInteractive,
                width: { 80 }),
            now: { Terminal.noon },
            uptime: { self.uptime },
            sleep: {
                self.slept.append($0)
                self.uptime += $0
            },
            onInterrupt: { self.farewell = $0 })
    }

    /// Runs a command line against the server.
    func run(_ server: ScriptedServer, _ arguments: String...) -> Ending {
        Cellctl.execute(arguments, surroundings(["CELL_REGISTRY_URL": server.url]))
    }

    static let noon = Timestamp("2026-01-31T12:00:00Z") ?? Timestamp(rawValue: 0)
}

let noPaint = Paint(enabled: false)

func json(_ text: String) throws -> JSONValue { try JSONValue(parsing: Array(text.utf8)) }
