import ControlPlane
import HTTP
import JSON
import Registry

extension Endpoints {
    func listOperations(_ call: Call, _ request: Request) async throws -> Response {
        let filter = OperationFilter(kind: try call.choice("kind"), state: try call.choice("state"))
        let before = try call.integer("cursor", in: 1...Call.revisionMax) ?? Int64.max
        return try list(call) {
            try controlPlane.operations(filter, before: before, limit: $0)
        } shown: {
            .object($0.shown)
        } key: {
            String($0.number)
        }
    }

    func getOperation(_ call: Call, _ request: Request) async throws -> Response {
        let id = try call.operation()
        guard let shown = try controlPlane.operation(id) else { throw Self.noOperation(id) }
        return resource(shown, at: Revision(rawValue: shown["revision"]?.integer ?? 0))
    }

    /// Held until the operation has ended, or the wait is over; answered with the operation either way.
    func waitOperation(_ call: Call, _ head: RequestHead) throws -> Reception {
        let id = try call.operation()
        let wait = try call.wait() ?? .seconds(30)
        guard let isDone = try controlPlane.isDone(id) else { throw Self.noOperation(id) }
        let controlPlane = controlPlane
        let answer = { @Sendable [self] () -> Reception in
            do throws(RegistryError) {
                guard let shown = try controlPlane.operation(id) else { throw Self.noOperation(id) }
                return .answer(resource(shown, at: Revision(rawValue: shown["revision"]?.integer ?? 0)))
            } catch {
                return .answer(Problem.response(error, requestID: call.requestID))
            }
        }
        guard !isDone, wait > .zero else { return answer() }
        let deadline = controlPlane.clock.uptime() + wait
        return .watch(
            Watch(signal: committed, deadline: deadline, owner: nil) { moment in
                let isOver = (try? controlPlane.isDone(id)) != false
                return moment == .ended || isOver ? answer() : nil
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
        let (id, reason) = (try call.operation(), try reason(request, call))
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
    func operation() throws(RegistryError) -> OperationID {
        guard let id = OperationID(parameters[0]) else {
            throw RegistryError(
                .notFound, "There is no operation '\(parameters[0])'.", nextSteps: ["GET /v1/operations lists them"])
        }
        return id
    }
}
