import JSON

/// One run of a command: the API to call and the place to show what came of it.
struct Session {
    let api: APIClient
    let surroundings: Surroundings
    let format: OutputFormat
    let paint: Paint
    let errorPaint: Paint
    private let written = Written()

    private final class Written {
        var documents = 0
    }

    var console: Console { surroundings.console }

    init(_ options: GlobalOptions, _ surroundings: Surroundings) throws(CommandFailure) {
        self.surroundings = surroundings
        format = options.output
        let colours =
            !options.noColor && surroundings.environment["NO_COLOR", default: ""].isEmpty
            && surroundings.environment["TERM"] != "dumb"
        paint = Paint(enabled: colours && surroundings.console.outputIsTerminal)
        errorPaint = Paint(enabled: colours && surroundings.console.errorIsTerminal)
        api = try APIClient(options.settings(surroundings.environment), surroundings)
    }

    /// True where people read the output, not scripts.
    var isForPeople: Bool { format == .table || format == .wide }

    func show(_ resource: JSONValue, as noun: Noun) throws(CommandFailure) {
        if try !showDocument(resource) { showRows([resource], noun) }
    }

    func show(list: [JSONValue], as noun: Noun) throws(CommandFailure) {
        if try !showDocument(["items": .array(list)]) { showRows(list, noun) }
    }

    /// True where the format is one that takes the answer as it is.
    func showDocument(_ value: JSONValue) throws(CommandFailure) -> Bool {
        switch format {
        case .json: console.write(value.encoded(.pretty) + [0x0A])
        case .yaml:
            // Where an action was done to several, each answer is a document of the stream.
            if written.documents > 0 { console.write(Array("---\n".utf8)) }
            console.write(Array(try value.yaml().utf8))
            written.documents += 1
        case .table, .wide, .name: return false
        }
        return true
    }

    func showRows(_ rows: [JSONValue], _ noun: Noun, alarm: (JSONValue) -> Bool = { _ in false }) {
        if format == .name {
            for row in rows { console.print((row[noun.idField]?.string ?? "").printable) }
            return
        }
        guard !rows.isEmpty else {
            console.printError("none")
            return
        }
        let table = Table(columns: noun.columns.filter { format == .wide || !$0.wide })
        for line in table.lines(rows, now: surroundings.now(), paint: paint, alarm: alarm) {
            console.print(line)
        }
    }

    func show(_ failure: CommandFailure) {
        switch failure {
        case .problem(let problem) where format == .json:
            console.writeError(problem.document.encoded(.pretty) + [0x0A])
        case .problem(let problem) where format == .yaml:
            console.writeError(Array(((try? problem.document.yaml()) ?? "").utf8))
        case .problem(let problem):
            for line in problem.lines(errorPaint) { console.printError(line) }
        default:
            console.printError("\(errorPaint.bad("error:")) \(failure.message)")
            for line in failure.details { console.printError("  \(line)") }
        }
    }
}
