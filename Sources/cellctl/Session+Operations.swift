import JSON
import Registry

extension Session {
    /// Starts long work and shows its operation; with `--dry-run` what would move, with `--wait` goes on to its end.
    ///
    /// - Throws: `operation` where it was waited for and has not succeeded.
    func start(
        _ request: APIRequest, dryRun: Bool = false, _ waiting: OperationWaitOptions
    ) throws(CommandFailure) {
        if dryRun { return try show(MovePlan(try api.send(request).body)) }
        if waiting.wait {
            surroundings.onInterrupt([
                "The work may have been started; see: cellctl operations list --state running"
            ])
        }
        let operation = Operation(try api.send(request).body)
        guard !operation.id.isEmpty else { throw .failed("the control plane names no operation") }
        guard waiting.wait else {
            if try !showDocument(operation.document) { showStart(operation, hint: true) }
            return
        }
        // A script wants the id at once, and a document once alone.
        if format == .name || isForPeople { showStart(operation, hint: false) }
        try finish(operation.id, within: waiting.timeout?.duration)
    }

    /// Waits for the operation's end, tells it, and ends as it did.
    ///
    /// - Parameters:
    ///   - wanted: an end that is as good as success: of a cancel, that it was cancelled.
    ///   - isKnown: the control plane has answered already, so that a silence now is an absence, and not a wrong address.
    func finish(
        _ id: String, within timeout: Duration?, wanted: Ending = .success, isKnown: Bool = true
    ) throws(CommandFailure) {
        let steps = Operation(["id": .string(id)]).returnSteps
        surroundings.onInterrupt(["Operation \(id.printable) goes on."] + steps)
        let operation: Operation
        do throws(CommandFailure) {
            operation = try watch(operation: id, within: timeout, isKnown: isKnown)
        } catch {
            if [.timedOut, .unreachable, .serverFailed].contains(error.ending) {
                for step in steps { console.printError(step) }
            }
            throw error
        }
        let isShown = try showDocument(operation.document)
        guard operation.ending == .success || operation.ending == wanted else { throw .operation(operation) }
        if !isShown, isForPeople {
            let took = operation.took.map { " in \(Duration.seconds($0.components.seconds).go)" } ?? ""
            let state = operation.ending == .success ? paint.good(operation.state) : operation.state
            console.print(
                "operation/\(operation.id) \(state): \(operation.title), \(operation.counts)\(took)")
        }
    }

    /// Asks something of work that runs: `pause`, `resume`, `cancel`.
    func steer(_ noun: Noun, _ id: String, _ verb: String, _ options: WriteOptions) throws(CommandFailure) {
        let request = APIRequest("POST", noun.path(id, ":\(verb)"))
        let answer = try api.send(options.applied(to: request)).body
        if options.dryRun { return try showDryRun(answer) }
        if try showDocument(answer) { return }
        let line = format == .name ? id : "\(noun.name)/\(id) \(Operation(answer).standing)"
        console.print(line.printable)
    }

    /// - Throws: `failed` where a person at the terminal does not say yes.
    func askToGoOn() throws(CommandFailure) {
        console.writeError(Array("Go on? [y/N] ".utf8))
        guard ["y", "yes"].contains((console.ask() ?? "").lowercased()) else {
            throw .failed("nothing was changed")
        }
    }

    private func showStart(_ operation: Operation, hint: Bool) {
        guard isForPeople else { return console.print(operation.id) }
        let amount =
            operation.total > 0 && operation.movesTenants
            ? ", \(Int(operation.total).counted("tenant")) to move" : ""
        let state = operation.state == "running" ? "started" : operation.state
        console.print("operation/\(operation.id) \(state): \(operation.title)\(amount)")
        if hint, !operation.isDone {
            console.printError("watch it with: cellctl operations wait \(operation.id)")
        }
    }

    /// What a dry run of a move found.
    ///
    /// - Throws: `incomplete` where tenants fit nowhere, since the write itself would be refused.
    func show(_ plan: MovePlan) throws(CommandFailure) {
        if try !showDocument(plan.answer) {
            if format == .name {
                for tenant in plan.tenants { console.print(tenant) }
            } else {
                for line in plan.lines(wide: format == .wide, now: surroundings.now(), paint) {
                    console.print(line)
                }
                if let token = plan.token, plan.unplaceableCount == 0 {
                    console.printError(
                        "dry run: nothing was changed; --if-plan-match \(token) does exactly this")
                }
            }
        }
        if plan.unplaceableCount > 0 {
            throw .incomplete(
                "no other cell has a place for \(plan.unplaceableCount.counted("tenant")); nothing would be moved",
                .conflict)
        }
    }
}
