import JSON

@testable import Registry

/// Cells, a release and a clock that only the test moves.
struct RolloutWorld {
    static let start = Timestamp("2026-03-01T10:00:00Z")!
    static let release = Release(
        name: ReleaseName("v1.1.0")!, images: ["order-service": "titan/order-service:v1.1.0"])

    var run: RolloutRun
    var now = start
    var surroundings = RolloutRun.Surroundings()
    /// What each cell is to run; claims write it, as a store would.
    var desired: [CellID: CellVersions] = [:]
    var token: Int64 = 0

    /// - Parameter cells: named cell-1, cell-2, … over three zones, a cell a zone in turn.
    init(
        _ cells: Int = 6, _ strategy: RolloutStrategy = .quick, onFailure: Rollout.OnFailure = .rollback
    ) throws {
        let request = RolloutRequest(
            release: Self.release.name, strategy: strategy, onFailure: onFailure)
        let plan = try WavePlanner.plan(request, among: Self.candidates(cells))
        let rollout = Rollout(
            id: RolloutID("rollout-aaaaaaaaaaaa")!, release: Self.release, request: request,
            waves: plan.waves.map(\.why), actor: "anna", reason: "", createdAt: now)
        run = RolloutRun(rollout: rollout, cells: plan.cells)
        for cell in run.cells {
            desired[cell.cell] = CellVersions([
                "order-service": ServiceVersion(
                    release: ReleaseName("v1.0.0"), image: "titan/order-service:v1.0.0")
            ])
        }
    }

    static func candidates(_ count: Int) -> [WavePlanner.Candidate] {
        (0..<count).map { index in
            WavePlanner.Candidate(
                cell: Cell(
                    id: CellID("cell-\(index + 1)")!, zone: ["a", "b", "c"][index % 3], state: .active,
                    labels: ["ring": index < 2 ? "canary" : "main"]),
                before: CellVersions([
                    "order-service": ServiceVersion(image: "titan/order-service:v1.0.0")
                ]))
        }
    }

    var state: RolloutState { run.rollout.life.state }

    func cell(_ number: Int) -> RolloutCell {
        run.cells.first { $0.cell == CellID("cell-\(number)") }!
    }

    mutating func wait(_ seconds: Int64) { now = now.advanced(byMilliseconds: seconds * 1000) }

    @discardableResult
    mutating func advance() throws -> RolloutStep { try run.advance(in: surroundings, at: now) }

    mutating func claim(_ cell: Int? = nil, by worker: String = "w", lease: Duration? = nil) throws
        -> ClaimedWork?
    {
        token += 1
        let desired = desired
        let work = try run.claim(
            ClaimRequest(
                worker: worker, lease: lease, cell: cell.map { CellID("cell-\($0)")! }),
            token: FencingToken(rawValue: token), in: surroundings, at: now,
            before: { desired[$0] ?? CellVersions([:]) })
        if let work { self.desired[work.cell] = work.target }
        return work
    }

    /// The worker's word that the cell is where the work says.
    @discardableResult
    mutating func report(
        _ work: ClaimedWork, healthy: Bool? = true, message: String = ""
    ) throws -> RolloutCellEvent? {
        try run.report(
            CellReport(
                token: work.claim.token, release: work.target.release, healthy: healthy, observedAt: now,
                message: message), of: work.cell, at: now)
    }

    /// Claims all that can be, and reports each healthy.
    mutating func changeAll() throws {
        while let work = try claim() { try report(work) }
    }

    mutating func retry(_ cells: Int...) throws {
        try run.retry(cells.map { CellID("cell-\($0)")! }, at: now)
    }
}

extension RolloutStrategy {
    /// Two waves: one canary, then all; a minute's bake, ten minutes' deadline.
    static let quick = RolloutStrategy(
        canary: [CellID("cell-1")!], waves: [.upTo(.percent(Percentage("100%")!))],
        bakeTime: .seconds(60))

    func with(_ change: (inout RolloutStrategy) -> Void) -> RolloutStrategy {
        var strategy = self
        change(&strategy)
        return strategy
    }
}
