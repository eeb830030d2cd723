/// Finds cells for many moving tenants, one after the other, over a copy of the cells.
///
/// Moves of a plan run side by side and in any order, so no move may rely on room that another one frees: a tenant
/// counts on its target from the moment it is planned, and on its source until the end. So do tenants that avoid each
/// other, and the one that a cell is dedicated to. Only the end state (`cells`, `plan`) has the sources relieved.
///
/// The choice is `PlacementPolicy`'s, over these cells, without the source and without the cells that the plan empties.
/// The same tenants in the same order have the same plan.
public struct MovePlanner: Sendable {
    /// The cells as they were given.
    private let before: [PlacementPolicy.Candidate]
    private var candidates: Candidates
    private let leaving: Set<CellID>
    private var targets: [TenantID: CellID] = [:]
    private var moves: [PlannedMove] = []
    private var unplaceable: [Unplaceable] = []
    /// Sources' tenants that a cell was dedicated to.
    private var released: Set<Int> = []
    /// What was found for tenants that ask nothing and come from a cell that is emptied, by their load: room only
    /// shrinks along a plan, so what did not fit once never does.
    private var failures: [Int64: (blockers: [Blocker], reason: Objection.Kind?)] = [:]

    /// - Parameters:
    ///   - cells: every cell, with what is reserved on it counted in its load.
    ///   - leaving: the cells that are emptied: they take nothing.
    public init(cells: [PlacementPolicy.Candidate], leaving: Set<CellID>) {
        before = cells
        self.leaving = leaving
        candidates = Candidates(cells)
        for index in cells.indices where leaving.contains(cells[index].id) {
            candidates.update(index) {
                $0.state = .draining
                $0.schedulable = false
            }
        }
    }

    /// The cells as they are while all moves are under way; those that are emptied are draining.
    var underway: [PlacementPolicy.Candidate] { candidates.cells }

    /// Plans one tenant's move to the target, or to the cell that the policy chooses.
    ///
    /// - Precondition: the tenant's source is one of the cells, and the tenant is not in the plan yet.
    public mutating func place(
        _ tenant: MovingTenant, on target: CellID? = nil
    ) -> Result<PlannedMove, Unplaceable> {
        guard let source = candidates.position(of: tenant.source) else {
            preconditionFailure("a moving tenant's source is one of the cells")
        }
        precondition(targets[tenant.tenant] == nil, "a tenant moves once in a plan")
        switch target.map({ position(named: $0, for: tenant) }) ?? chosen(for: tenant, except: source) {
        case .success(let index):
            return .success(take(tenant, from: source, to: index))
        case .failure(let failure):
            unplaceable.append(failure)
            return .failure(failure)
        }
    }

    /// True where nothing speaks against the cell.
    func accepts(_ tenant: MovingTenant, on index: Int) -> Bool {
        underway[index].id != tenant.source
            && PlacementPolicy.firstObjection(to: underway[index], for: question(about: tenant)) == nil
    }

    // MARK: The end state

    /// The cells once every move is done, in the order they were given.
    public var cells: [PlacementPolicy.Candidate] {
        var after = underway
        for index in after.indices {
            after[index].state = before[index].state
            after[index].schedulable = before[index].schedulable
        }
        for move in moves {
            guard let source = candidates.position(of: move.source) else { continue }
            after[source].load -= move.load
            after[source].tenants -= 1
        }
        for index in released { after[index].dedicatedTo = nil }
        return after
    }

    /// Everything that was planned so far.
    public var plan: MovePlan {
        MovePlan(moves: moves, unplaceable: unplaceable, before: before, after: cells)
    }

    // MARK: Choosing

    private func question(about tenant: MovingTenant) -> PlacementPolicy.Question {
        var avoided: [CellID: TenantID] = [:]
        for (peer, cell) in tenant.peers {
            for cell in [cell, targets[peer]].compactMap({ $0 }) {
                // Of several peers the first by name, so that the answer is always the same.
                avoided[cell] = avoided[cell].map { min($0, peer) } ?? peer
            }
        }
        return PlacementPolicy.Question(
            tenant: tenant.tenant, load: tenant.load, constraints: tenant.constraints, avoided: avoided)
    }

    private mutating func chosen(for tenant: MovingTenant, except source: Int) -> Result<Int, Unplaceable> {
        let isCommon = tenant.asksNothing && leaving.contains(tenant.source)
        if isCommon, let known = failures[tenant.load] {
            return .failure(tenant.unplaceable(because: known.blockers, known.reason))
        }
        let question = question(about: tenant)
        if let choice = candidates.choose(for: question, except: source) { return .success(choice) }
        var tally = ObjectionTally()
        for index in underway.indices where index != source {
            if leaving.contains(underway[index].id) {
                tally.leaving += 1
            } else if let objection = PlacementPolicy.firstObjection(to: underway[index], for: question) {
                tally.count(objection.kind)
            }
        }
        let blockers = tally.blockers(for: tenant)
        if isCommon { failures[tenant.load] = (blockers, tally.reason) }
        return .failure(tenant.unplaceable(because: blockers, tally.reason))
    }

    private func position(named target: CellID, for tenant: MovingTenant) -> Result<Int, Unplaceable> {
        func refused(_ messages: [String], _ reason: Objection.Kind? = nil) -> Result<Int, Unplaceable> {
            let blockers = messages.map { Blocker(kind: "cell", id: target.rawValue, message: $0) }
            return .failure(tenant.unplaceable(because: blockers, reason))
        }
        guard let index = candidates.position(of: target) else { return refused(["there is no such cell"]) }
        guard target != tenant.source else { return refused(["the tenant is on it already"]) }
        guard !leaving.contains(target) else { return refused(["it is emptied by this plan"]) }
        let objections = PlacementPolicy.objections(to: underway[index], for: question(about: tenant))
        return objections.isEmpty
            ? .success(index) : refused(objections.map(\.message), objections.last?.kind)
    }

    private mutating func take(_ tenant: MovingTenant, from source: Int, to target: Int) -> PlannedMove {
        add(tenant.load, tenants: 1, to: target)
        if tenant.constraints.dedicated {
            candidates.update(target) { $0.dedicatedTo = tenant.tenant }
            // A cell that had no room for some may now be out of the question for them.
            failures = [:]
        }
        if underway[source].dedicatedTo == tenant.tenant { released.insert(source) }
        let move = PlannedMove(
            tenant: tenant.tenant, load: tenant.load, source: tenant.source, target: underway[target].id)
        targets[tenant.tenant] = move.target
        moves.append(move)
        return move
    }

    /// Counts load on a cell, outside the list of moves.
    mutating func add(_ load: Int64, tenants: Int64, to index: Int) {
        candidates.update(index) {
            $0.load += load
            $0.tenants += tenants
        }
    }
}

extension MovingTenant {
    fileprivate func unplaceable(because blockers: [Blocker], _ reason: Objection.Kind?) -> Unplaceable {
        Unplaceable(tenant: tenant, source: source, load: load, blockers: blockers, reason: reason)
    }
}
