import JSON
import Registry

/// Watches long work until it is over, across any absence of the control plane.
struct LongWorkWatch {
    /// So long may the control plane be away; then it is the address that is wrong, or a person must look.
    static let absenceMax = Duration.seconds(600)
    private static let absencePause = Duration.seconds(2)

    let session: Session
    let noun: Noun
    let id: String
    /// The API holds an answer back until there is something new.
    private let isHeld: Bool
    private let view: ProgressView

    init(_ noun: Noun, _ id: String, _ session: Session, isHeld: Bool = true) {
        self.noun = noun
        self.id = id
        self.session = session
        self.isHeld = isHeld
        view = ProgressView(session)
    }

    /// - Parameters:
    ///   - timeout: how long to watch; nil: to the end.
    ///   - isKnown: the control plane has answered already: its absence is waited over.
    ///   - isOver: nothing more will come of itself.
    ///   - progress: what to show of a document meanwhile.
    /// - Throws: `timedOut`, while the work goes on.
    func end(
        within timeout: Duration?, isKnown: Bool, isOver: (JSONValue) -> Bool,
        progress: (JSONValue) throws(CommandFailure) -> any LongWorkProgress
    ) throws(CommandFailure) -> JSONValue {
        defer { view.clear() }
        let start = session.surroundings.uptime()
        var heard = isKnown ? start : nil
        var isFirst = true
        while true {
            let asked = session.surroundings.uptime()
            do throws(CommandFailure) {
                let document = try poll(waiting: isFirst ? nil : view.interval)
                if isOver(document) { return document }
                isFirst = false
                heard = session.surroundings.uptime()
                view.show(try progress(document))
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
                throw .timedOut("after \(timeout.go) \(noun.name) \(id.printable) has not ended; it goes on")
            }
            // A server that holds nothing back is not asked more often than one that does.
            if now - asked < view.interval { session.surroundings.sleep(view.interval - (now - asked)) }
        }
    }

    private func poll(waiting: Duration?) throws(CommandFailure) -> JSONValue {
        guard isHeld, let waiting else { return try session.api.send(APIRequest("GET", noun.path(id))).body }
        var request = APIRequest("GET", noun.path(id, ":wait"), query: [("wait", waiting.go)])
        request.wait = waiting
        return try session.api.send(request).body
    }
}

extension Session {
    /// Watches an operation until it has ended.
    func watch(
        operation id: String, within timeout: Duration?, isKnown: Bool
    ) throws(CommandFailure) -> Operation {
        var meter = RateMeter()
        let ended = try LongWorkWatch(OperationResource.noun, id, self).end(
            within: timeout, isKnown: isKnown, isOver: { Operation($0).isDone }
        ) { document throws(CommandFailure) in
            let operation = Operation(document)
            meter.add(operation.completed + operation.failed, at: surroundings.uptime())
            return OperationProgress(
                operation: operation, batches: try batches(of: operation), rate: meter.perSecond,
                now: surroundings.now())
        }
        return Operation(ended)
    }

    private func batches(of operation: Operation) throws(CommandFailure) -> [JSONValue] {
        guard operation.movesTenants else { return [] }
        let request = APIRequest("GET", MigrationResource.noun.path(operation.id))
        return try api.send(request).body["batches"]?.array ?? []
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
