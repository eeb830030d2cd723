import Crypto
import JSON
import Registry
import Store

extension RolloutPlan {
    /// The plan of a rollout that would be made now.
    ///
    /// - Throws: `notFound` for a release, cell or canary that is not there; what the planner refuses.
    init(_ request: RolloutRequest, in transaction: ReadTransaction, at now: RolloutTime) throws {
        guard let release = try transaction.release(request.release)?.release else {
            throw RegistryError(
                .notFound, "There is no release '\(request.release)'.",
                errors: [FieldError("release", "names no release")],
                nextSteps: ["PUT /v1/releases/\(request.release) first", "GET /v1/releases lists them"])
        }
        let cells = try transaction.cells(page: Page(limit: Limits.cellsMax))
        let services = try transaction.services(named: release.services)
        let locks = try transaction.rolloutLocks(on: release.services)
        // As if it took every cell there is: what stands around it is asked for all of them.
        let probe = RolloutRun(
            rollout: Rollout(
                id: .random(), release: release, request: request, waves: [], actor: "", reason: "",
                createdAt: now.steady),
            cells: cells.map { RolloutCell(cell: $0.cell.id, zone: $0.cell.zone, wave: 1, place: 0) })
        let surroundings = try RolloutRun.Surroundings(of: probe, in: transaction, at: now)
        self = try WavePlanner.plan(
            request,
            among: cells.map { record in
                let cell = record.cell
                return WavePlanner.Candidate(
                    cell: cell,
                    before: CellVersions(
                        of: release.services, kept: services[cell.id] ?? [], declared: cell.images),
                    facts: surroundings.facts(of: cell.id), takenBy: locks[cell.id])
            })
    }

    /// 22 characters of base64url: the first 128 bits of a digest of which cells are in which wave.
    var digest: String {
        let waves = waves.map { wave in JSONValue.array(wave.cells.map { .string($0.cell.rawValue) }) }
        return Base64URL.encode(SHA256.hash(data: JSONValue.array(waves).encoded(.canonical)).prefix(16))
    }
}
