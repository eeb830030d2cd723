import JSON
import Registry

extension Session {
    /// What a restore would touch, a line each, with the tenants that a cell serves.
    func show(touched preview: JSONValue) {
        if preview["registry"] == true { console.print("the registry's own database") }
        if preview["everything"] == true { console.print("every namespace that the backup has") }
        for namespace in preview["namespaces"]?.array ?? [] {
            console.print("namespace \(Self.course(namespace))".printable)
        }
        for cell in preview["cells"]?.array ?? [] {
            let state = cell["state"]?.string ?? "not known here"
            let tenants = Int(cell["tenants"]?.integer ?? 0)
            let line = "cell \(Self.course(cell)): \(state), \(tenants.counted("tenant"))".printable
            console.print(tenants > 0 ? paint.bad(line) : line)
        }
        for line in preview.blockerLines { console.print(line) }
    }

    private static func course(_ part: JSONValue) -> String {
        let (from, into) = (part["from"]?.string ?? "?", part["into"]?.string ?? "?")
        return from == into ? from : "\(from) into \(into)"
    }

    /// Watches a restore until it has ended, tells that, and ends as it did.
    func finish(restore name: String, within timeout: Duration?, isKnown: Bool) throws(CommandFailure) {
        let step = "watch it with: cellctl restores watch \(name.printable)"
        surroundings.onInterrupt(["Restore \(name.printable) goes on.", step])
        let restore: JSONValue
        do throws(CommandFailure) {
            restore = try LongWorkWatch(RestoreResource.noun, name, self, isHeld: false).end(
                within: timeout, isKnown: isKnown, isOver: { RestoreProgress(restore: $0).isOver },
                progress: RestoreProgress.init)
        } catch {
            if [.timedOut, .unreachable, .serverFailed].contains(error.ending) { console.printError(step) }
            throw error
        }
        let progress = RestoreProgress(restore: restore)
        let isShown = try showDocument(restore)
        guard progress.phase == "Completed" else { throw .incomplete(progress.line(), .operationFailed) }
        if !isShown { console.print(format == .name ? name.printable : progress.line()) }
    }
}

/// How far a restore is, which is all that there is to know of it: its phase.
struct RestoreProgress: LongWorkProgress {
    let restore: JSONValue

    var phase: String { restore["phase"]?.string ?? "unknown" }

    var isOver: Bool { ["Completed", "PartiallyFailed", "Failed", "FailedValidation"].contains(phase) }

    var essence: String { line() }

    func line() -> String {
        var told =
            "restore/\(restore["name"]?.string ?? "?") of \(restore["backup"]?.string ?? "?"): \(phase)"
        if let duration = restore["duration"]?.string { told += " after \(duration)" }
        let errors = Int(restore["errors"]?.integer ?? 0)
        if errors > 0 { told += ", \(errors.counted("error"))" }
        if let message = restore["message"]?.string, !message.isEmpty { told += ": \(message)" }
        return told.printable
    }

    func lines(width: Int, _ paint: Paint) -> [String] { [String(line().prefix(width - 1))] }
}
