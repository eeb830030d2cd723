import JSON
import Registry

/// Watches an operation until it has ended, over any absence of the control plane.
struct OperationWatch {
    /// So long may the control plane be away; then it is the address that is wrong, or a person must look.
    static let absenceMax = Duration.seconds(600)
    private static let absencePause = Duration.seconds(2)

    let session: Session
    let id: String
    private let view: ProgressView

    init(_ id: String, _ session: Session) {
        self.id = id
        self.session = session
        view = ProgressView(session)
    }

    /// - Parameters:
    ///   - timeout: how long to watch; without one until the end, which the operation's own deadline brings.
    ///   - isKnown: the control plane has answered already: its absence is waited over.
    /// - Throws: `timedOut`, while the operation goes on.
    func end(within timeout: Duration?, isKnown: Bool) throws(CommandFailure) -> Operation {
        defer { view.clear() }
        let start = session.surroundings.uptime()
        var heard = isKnown ? start : nil
        var meter = RateMeter()
        var isFirst = true
        while true {
            let asked = session.surroundings.uptime()
            do throws(CommandFailure) {
                let operation = try poll(waiting: isFirst ? nil : view.interval)
                if operation.isDone { return operation }
                isFirst = false
                let now = session.surroundings.uptime()
                heard = now
                meter.add(operation.completed + operation.failed, at: now)
                view.show(
                    OperationProgress(
                        operation: operation, batches: try batches(of: operation), rate: meter.perSecond,
                        now: session.surroundings.now()))
            } catch {
                guard error.isPassing, let heard, session.surroundings.uptime() - heard < Self.absenceMax
                else {
                    throw error
                }
                view.show(absence: error.message)
                session.surroundings.sleep(Self.absencePause)
            }
            let now = session.surroundings.uptime()
            if let timeout, now - start >= timeout {
                throw .timedOut("after \(timeout.go) operation \(id.printable) has not ended; it goes on")
            }
            // A server that holds nothing back is not asked more often than one that does.
            if now - asked < view.interval { session.surroundings.sleep(view.interval - (now - asked)) }
        }
    }

    private func poll(waiting: Duration?) throws(CommandFailure) -> Operation {
        let noun = OperationResource.noun
        guard let waiting else {
            return Operation(try session.api.send(APIRequest("GET", noun.path(id))).body)
        }
        var request = APIRequest("GET", noun.path(id, ":wait"), query: [("wait", waiting.go)])
        request.wait = waiting
        return Operation(try session.api.send(request).body)
    }

    private func batches(of operation: Operation) throws(CommandFailure) -> [JSONValue] {
        guard operation.movesTenants else { return [] }
        let migration = try session.api.send(APIRequest("GET", MigrationResource.noun.path(id))).body
        return migration["batches"]?.array ?? []
    }
}

extension CommandFailure {
    /// It may well be over in a moment: the control plane starts again, or has too much to do.
    fileprivate var isPassing: Bool {
        if case .problem(let problem) = self { return problem.status == 429 || problem.status >= 500 }
        if case .unreachable = self { return true }
        return false
    }
}
