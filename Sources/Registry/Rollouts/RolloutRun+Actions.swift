// What operators do to a rollout. Each may be repeated.
extension RolloutRun {
    /// - Throws: `operationDone`, `stateConflict`.
    public mutating func pause(_ reason: String, at now: Timestamp) throws(RegistryError) {
        try take(.pause, byOperator(reason), at: now)
    }

    /// Goes on from where it was. Where it stopped for its failures, those that there are are put up with.
    ///
    /// - Throws: `operationDone`, `stateConflict`.
    public mutating func resume(at now: Timestamp) throws(RegistryError) {
        let puts = rollout.cause?.kind.isOfFailures ?? false
        try take(.resume, nil, at: now)
        if puts { forgive(at: now) }
    }

    /// - Parameter wave: the one that is meant, so that nobody approves what has moved on; nil: the next.
    /// - Throws: `operationDone`, `stateConflict`.
    public mutating func approve(wave: Int?, _ reason: String, at now: Timestamp) throws(RegistryError) {
        if let wave, wave <= rollout.approvedWave { return }
        try checkAwaits(wave: wave, .approve)
        try take(.approve, byOperator(reason), at: now)
    }

    /// A failure that a person names: pause or rollback, as the rollout says.
    ///
    /// - Throws: `operationDone`, `stateConflict`.
    public mutating func reject(wave: Int?, _ reason: String, at now: Timestamp) throws(RegistryError) {
        try checkAwaits(wave: wave, .approve)
        let cause = RolloutCause(
            .rejected, reason.isEmpty ? "wave \(rollout.wave + 1) was rejected" : reason)
        try take(rollout.onFailure == .rollback ? .rollBack : .pause, cause, at: now)
    }

    /// Stops at once. Cells keep what they have; claims are over, but nobody else may change a cell before its lease is.
    ///
    /// - Throws: `operationDone`.
    public mutating func abort(_ reason: String, at now: Timestamp) throws(RegistryError) {
        try take(.abort, byOperator(reason), at: now)
    }

    /// Brings every touched cell back to what it ran; also after the end, where no other rollout has come since.
    ///
    /// - Throws: `stateConflict`.
    public mutating func rollBack(_ reason: String, at now: Timestamp) throws(RegistryError) {
        try take(.rollBack, byOperator(reason), at: now)
        // What could not be brought back before is tried again.
        for index in cells.indices where cells[index].state == .rollbackFailed {
            try take(.undo, of: index, "", at: now)
        }
    }

    /// Takes cells up again that have failed, can't be reached or were skipped; on the way back those that did not get
    /// there. And goes on, if it was paused.
    ///
    /// - Parameter named: empty: all of them.
    /// - Returns: the cells that are taken up.
    /// - Throws: `operationDone`; `stateConflict` where there is none, or a named one is none of them; `notFound`.
    @discardableResult
    public mutating func retry(
        _ named: [CellID], at now: Timestamp
    ) throws(RegistryError) -> [CellID] {
        let life = try rollout.life.after(.retry)
        var taken: [Int] = []
        for cell in named {
            let index = try index(of: cell)
            guard isRetriable(cells[index], on: life) else {
                throw RegistryError(
                    .stateConflict,
                    "The cell '\(cell)' is \(cells[index].state.rawValue): there is nothing to try again.",
                    nextSteps: ["GET /v1/rollouts/\(rollout.id)/cells"])
            }
            taken.append(index)
        }
        if named.isEmpty { taken = cells.indices.filter { isRetriable(cells[$0], on: life) } }
        guard !taken.isEmpty else {
            throw RegistryError(
                .stateConflict, "No cell has failed, is out of reach or was skipped.",
                nextSteps: ["GET /v1/rollouts/\(rollout.id)/cells"])
        }
        for index in taken { try take(.retry, of: index, "", at: now) }
        try take(.retry, byOperator("\(taken.count.counted("cell")) to be tried again"), at: now)
        if !rollout.life.isGoingBack { forgive(at: now) }
        return taken.map { cells[$0].cell }
    }

    private func isRetriable(_ cell: RolloutCell, on life: RolloutLife) -> Bool {
        life.isGoingBack
            ? cell.state == .rollbackFailed
            : cell.state == .failed || cell.state == .unreachable || cell.state == .skipped
    }

    private mutating func forgive(at now: Timestamp) {
        rollout.forgiven = situation(in: Surroundings(), at: now).failures
    }

    private func checkAwaits(wave: Int?, _ event: RolloutEvent) throws(RegistryError) {
        _ = try rollout.life.after(event)
        guard let wave, wave != rollout.wave + 1 else { return }
        throw RegistryError(
            .stateConflict, "The rollout awaits approval of wave \(rollout.wave + 1), not of wave \(wave).",
            nextSteps: ["GET it again"])
    }

    private func byOperator(_ reason: String) -> RolloutCause { RolloutCause(.operator, reason) }
}
