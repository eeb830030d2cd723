import ControlPlane
import HTTP
import JSON
import Registry

// Rollouts, as operators see and steer them.
extension Endpoints {
    func listRollouts(_ call: Call, _ request: Request) async throws -> Response {
        let release = try call.parsed(
            "release", "must be 1 to 63 letters, digits, '.', '_' and '-'", ReleaseName.init)
        let filter = RolloutFilter(state: try call.choice("state"), release: release)
        let before = try call.integer("cursor", in: 1...Call.revisionMax) ?? Int64.max
        return try list(call) {
            try controlPlane.rollouts(filter, before: before, limit: $0)
        } shown: {
            .object($0.shown)
        } key: {
            String($0.number)
        }
    }

    func createRollout(_ call: Call, _ request: Request) async throws -> Response {
        let document = try document(request, call)
        let rollout = try RolloutRequest(document: document)
        try controlPlane.check(rollout.strategy.gates)
        try controlPlane.check(rollout.executor)
        return try await write(call, request, reason: document["reason"]?.string, bulk: true) {
            [controlPlane] change in
            try change.createRollout(rollout, at: controlPlane.rolloutTime)
        }
    }

    func previewRollout(_ call: Call, _ request: Request) async throws -> Response {
        let rollout = try RolloutRequest(document: try document(request, call))
        try controlPlane.check(rollout.strategy.gates)
        try controlPlane.check(rollout.executor)
        return json(try controlPlane.preview(rollout))
    }

    func getRollout(_ call: Call, _ request: Request) async throws -> Response {
        let id = try call.rolloutInPath()
        guard let shown = try controlPlane.rollout(id) else { throw Self.noRollout(id.rawValue) }
        return resource(shown, at: Revision(rawValue: shown["revision"]?.integer ?? 0))
    }

    func listRolloutCells(_ call: Call, _ request: Request) async throws -> Response {
        let id = try call.rolloutInPath()
        let filter = RolloutCellFilter(
            state: try call.choice("state"),
            wave: try call.integer("wave", in: 1...Int64(Limits.wavesInPlanMax)).map(Int.init))
        let after = try call.integer("cursor", in: 0...Int64(Limits.cellsPerRolloutMax)).map(Int.init) ?? -1
        return try list(call) { limit in
            guard let cells = try controlPlane.cells(of: id, filter, after: after, limit: limit) else {
                throw Self.noRollout(id.rawValue)
            }
            return cells
        } shown: {
            .object($0.shown)
        } key: {
            String($0.place)
        }
    }

    /// Held until the rollout has ended, or the wait is over; answered with the rollout either way.
    func waitRollout(_ call: Call, _ head: RequestHead) throws -> Reception {
        let id = try call.rolloutInPath()
        let controlPlane = controlPlane
        return try wait(call, isUnderWay: { controlPlane.isUnderWay(id) }, then: getRollout)
    }

    func pauseRollout(_ call: Call, _ request: Request) async throws -> Response {
        try await act(.pause, call, request)
    }

    func resumeRollout(_ call: Call, _ request: Request) async throws -> Response {
        try await act(.resume, call, request)
    }

    func abortRollout(_ call: Call, _ request: Request) async throws -> Response {
        try await act(.abort, call, request)
    }

    func rollBackRollout(_ call: Call, _ request: Request) async throws -> Response {
        try await act(.rollBack, call, request)
    }

    func approveRollout(_ call: Call, _ request: Request) async throws -> Response {
        let body = try RolloutActionRequest(document: try optionalDocument(request, call), takes: .wave)
        return try await act(.approve(wave: body.wave), call, request, reason: body.reason)
    }

    func rejectRollout(_ call: Call, _ request: Request) async throws -> Response {
        let body = try RolloutActionRequest(document: try optionalDocument(request, call), takes: .wave)
        return try await act(.reject(wave: body.wave), call, request, reason: body.reason)
    }

    func retryRollout(_ call: Call, _ request: Request) async throws -> Response {
        let body = try RolloutActionRequest(document: try optionalDocument(request, call), takes: .cells)
        return try await act(.retry(body.cells), call, request, reason: body.reason)
    }

    private func act(
        _ action: Change.RolloutAction, _ call: Call, _ request: Request
    ) async throws -> Response {
        let body = try RolloutActionRequest(document: try optionalDocument(request, call), takes: .reason)
        return try await act(action, call, request, reason: body.reason)
    }

    private func act(
        _ action: Change.RolloutAction, _ call: Call, _ request: Request, reason: String?
    ) async throws -> Response {
        let id = try call.rolloutInPath()
        return try await write(call, request, reason: reason) { [controlPlane] change in
            try change.act(action, on: id, at: controlPlane.rolloutTime)
        }
    }

    // MARK: Executors

    func claimRolloutCell(_ call: Call, _ request: Request) async throws -> Response {
        let id = try call.rolloutInPath()
        let claim = try ClaimRequest(document: try document(request, call))
        return try await write(call, request, isTagged: false) { [controlPlane] change in
            try change.claim(claim, of: id, at: controlPlane.rolloutTime)
        }
    }

    func reportRolloutCell(_ call: Call, _ request: Request) async throws -> Response {
        let (id, cell) = (try call.rolloutInPath(), try call.cellID(at: 1))
        var sent = try CellReport(document: try document(request, call), now: controlPlane.clock.now())
        sent.observedAt = controlPlane.rolloutTime.steady(of: sent.observedAt)
        return try await write(call, request, isTagged: false) { [controlPlane, report = sent] change in
            try change.report(report, of: cell, in: id, at: controlPlane.rolloutTime)
        }
    }

    static func noRollout(_ id: String) -> RegistryError {
        RegistryError(
            .notFound, "There is no rollout '\(id)'.",
            nextSteps: ["GET /v1/rollouts lists them; they are kept for 400 days after their end"])
    }
}

extension Call {
    /// The rollout that the path names.
    func rolloutInPath() throws(RegistryError) -> RolloutID {
        guard let id = RolloutID(parameters[0]) else { throw Endpoints.noRollout(parameters[0]) }
        return id
    }
}
