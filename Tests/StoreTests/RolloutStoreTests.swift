import JSON
import Registry
import Testing

@testable import Store

@Suite("Rollouts in the store")
struct RolloutStoreTests {
    private static let release = Release(
        name: ReleaseName("v1.1.0")!, images: ["order-service": "titan/order-service:v1.1.0"])
    private static let start = Timestamp(rawValue: 1_772_442_000_000)

    /// A rollout over two cells, its release and an hour's worth of options.
    private static func run(_ id: String = "rollout-aaaaaaaaaaaa") throws -> RolloutRun {
        let gate = Gate(name: "alive", measure: .health)
        let request = RolloutRequest(
            release: release.name, selector: CellSelector(zones: ["us-east-1a"]),
            strategy: RolloutStrategy(
                canary: [CellID("cell-1")!], bakeTime: .seconds(60), approval: ApprovalSpec(waves: [2]),
                gates: [gate]),
            override: SafetyOverride(rules: [.changeCalendar], reason: "urgent"))
        return RolloutRun(
            rollout: Rollout(
                id: RolloutID(id)!, release: release, request: request, waves: ["canary", "the rest"],
                plan: "digest", actor: "script", reason: "weekly", createdAt: start),
            cells: [
                RolloutCell(cell: CellID("cell-1")!, zone: "us-east-1a", wave: 1, place: 0),
                RolloutCell(cell: CellID("cell-2")!, zone: "us-east-1a", wave: 2, place: 1),
            ])
    }

    private static func with(_ body: (Store, RolloutRun) async throws -> Void) async throws {
        try await TemporaryStore.withStore { store in
            let run = try run()
            let kept = try await store.write { transaction in
                _ = try transaction.save(release, replacing: nil)
                return try transaction.insert(run)
            }
            try await body(store, kept)
            #expect(try store.problems().allSatisfy { $0.problems.isEmpty })
        }
    }

    private static func expectSame(_ a: RolloutRun?, _ b: RolloutRun) {
        #expect(a?.rollout == b.rollout)
        #expect(a?.cells == b.cells)
    }

    @Test("what is inserted is read back, with its number and revision those of its event")
    func inserted() async throws {
        try await Self.with { store, kept in
            Self.expectSame(try store.read { try $0.run(kept.rollout.id) }, kept)
            #expect(kept.rollout.number == 2 && kept.rollout.revision == Revision(rawValue: 2))
            #expect(try store.read { try $0.release(Self.release.name) }?.isUsed == true)
            #expect(try store.read { try $0.rolloutsUnderWay() } == [kept.rollout.id])
            #expect(
                try store.read { try $0.rolloutLocks(on: ["order-service"]) }.keys.map(\.rawValue).sorted()
                    == ["cell-1", "cell-2"])
        }
    }

    @Test("every step of a rollout is read back as it was saved, and its end gives the cells free")
    func saved() async throws {
        try await Self.with { store, kept in
            var (run, now) = (kept, Self.start)
            func keep(_ body: (inout RolloutRun) throws -> Void) async throws {
                let old = run.rollout
                run = RolloutRun(rollout: run.rollout, cells: run.cells)
                now = now.advanced(byMilliseconds: 1000)
                try body(&run)
                try run.advance(in: RolloutRun.Surroundings(), at: now)
                let changed = run
                let saved = try await store.write { try $0.save(changed, replacing: old) }
                run = RolloutRun(rollout: saved, cells: run.cells)
                Self.expectSame(try store.read { try $0.run(saved.id) }, run)
            }
            func claim() async throws -> ClaimedWork {
                let token = try await store.write { try $0.nextFencingToken() }
                var work: ClaimedWork?
                try await keep { run in
                    work = try run.claim(
                        ClaimRequest(worker: "script"), token: token, in: RolloutRun.Surroundings(), at: now
                    ) { _ in CellVersions(["order-service": ServiceVersion(image: "old")]) }
                }
                return try #require(work)
            }
            try await keep { _ in }
            let work = try await claim()
            try await keep { run in
                try run.report(
                    CellReport(
                        token: work.claim.token, release: Self.release.name, healthy: true, observedAt: now),
                    of: work.cell, at: now)
            }
            try await keep { run in
                try run.add(
                    GateEvidence(
                        cell: work.cell, release: Self.release.name, attempt: 1, gate: "alive", outcome: .bad,
                        value: 0.25, message: "slow", observedAt: now), at: now)
            }
            try await keep { try $0.pause("lunch", at: now) }
            #expect(run.rollout.revision > kept.rollout.revision)
            try await keep { try $0.rollBack("enough", at: now) }
            let back = try await claim()
            #expect(back.action == .rollback && back.claim.token > work.claim.token)
            try await keep { run in
                try run.report(
                    CellReport(token: back.claim.token, release: nil, healthy: true, observedAt: now),
                    of: back.cell, at: now)
            }
            #expect(run.rollout.life.state == .rolledBack)
            #expect(try store.read { try $0.rolloutLocks(on: ["order-service"]) }.isEmpty)
            #expect(try store.read { try $0.rolloutsUnderWay() }.isEmpty)
            #expect(try store.read { try $0.log(of: run.rollout) }.count >= 4)
        }
    }

    @Test("progress makes no event, and a fencing token never comes back")
    func tokens() async throws {
        try await Self.with { store, kept in
            let first = try await store.write { try $0.nextFencingToken() }
            let second = try await store.write { try $0.nextFencingToken() }
            #expect(second > first)
            #expect(try store.read { try $0.revision() } == kept.rollout.revision)
        }
    }

    @Test("a cell that is gone has no services, and rollouts of long ago are taken out with their cells")
    func gone() async throws {
        try await Self.with { store, kept in
            let cell = CellID("cell-1")!
            try await store.write { transaction in
                let record = try transaction.save(Cell(id: cell, zone: "us-east-1a"), replacing: nil)
                try transaction.desire(
                    CellVersions(Self.release.versions), of: cell, by: kept.rollout.id)
                try transaction.observe(
                    CellVersions(Self.release.versions), of: cell, by: kept.rollout.id, at: Self.start)
                #expect(try transaction.services(of: cell).first?.observed?.release == Self.release.name)
                try transaction.delete(record)
                #expect(try transaction.services(of: cell).isEmpty)
            }
            var run = kept
            try run.abort("over", at: Self.start)
            let ended = run
            _ = try await store.write { try $0.save(ended, replacing: kept.rollout) }
            let gone = try await store.write {
                try $0.deleteRollouts(endedBefore: Self.start.advanced(byMilliseconds: 1), limit: 10)
            }
            #expect(gone == 1)
            #expect(try store.read { try $0.rollout(kept.rollout.id) } == nil)
        }
    }
}
