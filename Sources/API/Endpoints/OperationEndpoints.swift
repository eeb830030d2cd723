import ControlPlane
import HTTP
import JSON
import Registry

extension Endpoints {
    func listOperations(_ call: Call, _ request: Request) async throws -> Response {
        try operations(call, asMigrations: false)
    }

    func listMigrations(_ call: Call, _ request: Request) async throws -> Response {
        try operations(call, asMigrations: true)
    }

    private func operations(_ call: Call, asMigrations isMigrations: Bool) throws -> Response {
        let filter = OperationFilter(kind: try call.choice("kind"), state: try call.choice("state"))
        let before = try call.integer("cursor", in: 1...Call.revisionMax) ?? Int64.max
        return try list(call) {
            try controlPlane.operations(filter, before: before, limit: $0, asMigrations: isMigrations)
        } shown: {
            .object($0.shown)
        } key: {
            String($0.number)
        }
    }

    func getOperation(_ call: Call, _ request: Request) async throws -> Response {
        let id = try call.operationInPath()
        guard let shown = try controlPlane.operation(id) else { throw Self.noOperation(id) }
        return resource(shown, at: Revision(rawValue: shown["revision"]?.integer ?? 0))
    }

    /// Held until the operation has ended, or the wait is over; answered with the operation either way.
    func waitOperation(_ call: Call, _ head: RequestHead) throws -> Reception {
        let id = try call.operationInPath()
        let controlPlane = controlPlane
        return try wait(call, isUnderWay: { controlPlane.isUnderWay(id) }, then: getOperation)
    }

    /// Holds the request while `isUnderWay`, and as long as it asks to; answers it with `get` either way.
    func wait(
        _ call: Call, isUnderWay: @escaping @Sendable () -> Bool,
        then get: @escaping @Sendable (Call, Request) async throws -> Response
    ) throws -> Reception {
        let wait = try call.wait() ?? .seconds(30)
        // The loop asks memory whether it is over; only the answer is read from the store, off the loop.
        let answer = Reception.deferred(bodyBytesMax: Limits.bodyBytesMax) { [self] request in
            await self.answer(call) { try await get(call, request) }
        }
        guard isUnderWay(), wait > .zero else { return answer }
        return .watch(
            Watch(signal: committed, deadline: controlPlane.clock.uptime() + wait) { moment in
                moment == .ended || !isUnderWay() ? answer : nil
            })
    }

    func pauseOperation(_ call: Call, _ request: Request) async throws -> Response {
        try await move(call, request, by: .pause)
    }

    func resumeOperation(_ call: Call, _ request: Request) async throws -> Response {
        try await move(call, request, by: .resume)
    }

    func cancelOperation(_ call: Call, _ request: Request) async throws -> Response {
        try await move(call, request, by: .cancel)
    }

    private func move(_ call: Call, _ request: Request, by event: OperationEvent) async throws -> Response {
        let (id, reason) = (try call.operationInPath(), try reason(request, call))
        return try await write(call, request, reason: reason) { try $0.move(operation: id, by: event) }
    }

    static func noOperation(_ id: OperationID) -> RegistryError {
        RegistryError(
            .notFound, "There is no operation '\(id)'.",
            nextSteps: ["GET /v1/operations lists them; they are kept for 30 days after their end"])
    }
}

extension Call {
    /// The operation, or migration, that the path names.
    func operationInPath() throws(RegistryError) -> OperationID {
        guard let id = OperationID(parameters[0]) else {
            throw RegistryError(
                .notFound, "There is no operation '\(parameters[0])'.",
                nextSteps: ["GET /v1/operations lists them"])
        }
        return id
    }
}
