import JSON
import Registry

extension Session {
    /// Sends a write and shows what came of it; with `--dry-run` what would, with `--wait` after the gateways have it.
    ///
    /// - Parameter done: the past of the verb: `updated`. A new resource is always `created`.
    func write(
        _ request: APIRequest, _ noun: Noun, _ id: String, done: String, _ options: WriteOptions,
        _ waiting: WaitOptions? = nil
    ) throws(CommandFailure) {
        let answer = try api.send(options.applied(to: request))
        if options.dryRun { return try showDryRun(answer.body) }
        if try !showDocument(answer.body) {
            if format == .name {
                console.print(id.printable)
            } else {
                let same =
                    answer.revision != nil && answer.revision == answer.body["previousRevision"]?.integer
                let verb = same ? "unchanged" : answer.wasCreated ? "created" : done
                let at = answer.revision.map { " (revision \($0))" } ?? ""
                let name = noun.isSingle ? noun.name : "\(noun.name)/\(id)"
                console.print("\(name) \(verb)\(at)".printable)
            }
        }
        if let waiting { try wait(for: answer.revision, waiting) }
    }

    /// The effects of a dry run as a diff, and the plan that makes them sure.
    func showDryRun(_ answer: JSONValue) throws(CommandFailure) {
        if try showDocument(answer) { return }
        let effects = (answer["effects"]?.array ?? []).compactMap(Effect.init)
        for line in effects.flatMap({ $0.lines(paint) }) { console.print(line) }
        if effects.isEmpty { console.print("nothing would change") }
        if let plan = answer["plan"]?.string {
            console.printError(
                "dry run: nothing was changed; --if-plan-match \(plan.printable) does exactly this")
        }
    }

    /// Waits until every live gateway has the revision, where `--wait` asks for it.
    ///
    /// - Throws: `timedOut`, naming the gateways that lack it.
    func wait(for revision: Int64?, _ options: WaitOptions) throws(CommandFailure) {
        guard options.wait, let revision else { return }
        _ = try convergence(of: "\(revision)", within: options.timeout?.duration ?? WaitOptions.timeout)
    }

    /// The convergence of a revision once it is reached.
    func convergence(of revision: String, within timeout: Duration) throws(CommandFailure) -> JSONValue {
        let deadline = surroundings.uptime() + timeout
        let request = APIRequest("GET", APIRequest.path("/v1/revisions", revision, "/convergence"))
        var shown = ""
        while true {
            let state = try api.send(request).body
            if state["converged"]?.bool == true { return state }
            let waiting = (state["waiting"]?.array ?? []).compactMap { $0["id"]?.string?.printable }
            let names = waiting.prefix(5).joined(separator: ", ") + (waiting.count > 5 ? ", …" : "")
            let live = state["live"]?.integer ?? 0
            guard surroundings.uptime() < deadline else {
                throw .timedOut(
                    "after \(timeout.go) \(waiting.count) of \(live) live gateways lack revision \(revision): \(names)"
                )
            }
            let line = "waiting for \(waiting.count) of \(live) live gateways: \(names)"
            if console.errorIsTerminal, line != shown { console.printError(errorPaint.faint(line)) }
            shown = line
            surroundings.sleep(.milliseconds(500))
        }
    }
}
