import JSON
import Registry
import Testing

@Suite("A batch's next step")
struct BatchSituationTests {
    /// A batch in the state, with all that a row in that state has, where nothing stands in the way.
    private static func situation(
        _ state: BatchState, mover: MoverSpec = .none, stragglers: MigrationOptions.OnStragglers = .abort
    ) -> BatchSituation {
        var options = MigrationOptions.standard
        options.mover = mover
        options.onStragglers = stragglers
        return BatchSituation(
            batch: batch(state), options: options, life: OperationLife(.running), isPastDeadline: false,
            now: now,
            frozenFor: .zero, barrier: Barrier(gateways: [], seal: nil), hasPlace: true, holds: [])
    }

    private static let now = Timestamp(rawValue: 1_000_000)
    private static let webhook = MoverSpec.webhook(url: "https://copier.example.com/titan")
    private static let hold = Blocker(kind: "policy", id: "changeCalendar", message: "closed")
    private static let beforeCutover: [BatchState] = [
        .planned, .preparing, .copying, .announced, .freezing, .cutover,
    ]

    private static func batch(_ state: BatchState) -> Batch {
        var batch = Batch(
            operation: OperationID("drain-k3v7q2mzt5xa")!, number: 1, state: state, source: CellID("cell-1")!,
            tenants: 2)
        if state != .planned { batch.beganAt = now }
        batch.announced = Revision(rawValue: 10)
        batch.frozen = Revision(rawValue: 20)
        batch.cutover = Revision(rawValue: 30)
        batch.freezeDeadline = now.advanced(byMilliseconds: 10_000)
        batch.windowEndsAt = now
        return batch
    }

    private static func gateway(_ applied: Int64?) -> Barrier.Gateway {
        Barrier.Gateway(
            id: "edge", applied: applied.map(Revision.init(rawValue:)), isLive: true, silence: .zero)
    }

    private static func waits(_ decision: BatchDecision, for id: String? = nil) -> Bool {
        guard case .wait(let blockers) = decision else { return false }
        return id.map { blockers.map(\.id) == [$0] } ?? blockers.isEmpty
    }

    @Test("with nothing in its way a batch goes straight on to its end")
    func straight() {
        let expected: [BatchState: BatchDecision] = [
            .planned: .take(.begin), .preparing: .take(.prepared), .copying: .take(.copied),
            .announced: .take(.freeze), .freezing: .pass(.gateways), .cutover: .take(.cutOver),
            .confirming: .take(.confirmed), .reversible: .take(.windowEnded), .aborting: .take(.undone),
        ]
        for state in BatchState.allCases {
            #expect(Self.situation(state).decision == expected[state] ?? .wait([]), "\(state)")
        }
    }

    @Test("a cancel aborts whatever is not cut over, at once, and nothing else")
    func cancel() {
        for state in BatchState.allCases {
            var situation = Self.situation(state, mover: Self.webhook)
            situation.life = OperationLife(.running, isCancelling: true)
            situation.holds = [Self.hold]
            situation.barrier = Barrier(gateways: [Self.gateway(nil)], seal: nil)
            #expect(
                (situation.decision == .take(.abort)) == Self.beforeCutover.contains(state), "\(state)")
        }
    }

    @Test("a pause begins and freezes nothing, brings a freeze to its end, and takes back what aborts")
    func pause() {
        for state in BatchState.allCases {
            var situation = Self.situation(state)
            situation.life = OperationLife(.paused)
            let rests = [.planned, .preparing, .copying, .announced].contains(state)
            #expect(
                situation.decision == (rests ? .wait([]) : Self.situation(state).decision), "\(state)")
        }
    }

    @Test("safety rules hold what has not frozen yet, by name, and never a freeze that has begun")
    func holds() {
        for state in BatchState.allCases {
            var situation = Self.situation(state)
            situation.holds = [Self.hold]
            let isHeld = [.planned, .copying, .announced].contains(state)
            #expect(
                situation.decision == (isHeld ? .wait([Self.hold]) : Self.situation(state).decision),
                "\(state)")
        }
    }

    @Test("a batch without a place, or before its time, does not begin")
    func places() {
        var situation = Self.situation(.planned)
        situation.hasPlace = false
        #expect(situation.decision == .wait([]))
        situation = Self.situation(.planned)
        situation.batch.notBefore = Self.now.advanced(byMilliseconds: 1)
        #expect(situation.decision == .wait([]))
        situation.batch.notBefore = Self.now
        #expect(situation.decision == .take(.begin))
    }

    @Test(
        "an announced batch waits for who would hold up its freeze, and after an expired freeze for its pause"
    )
    func announced() {
        var situation = Self.situation(.announced)
        situation.barrier = Barrier(gateways: [Self.gateway(9)], seal: nil)
        #expect(Self.waits(situation.decision, for: "edge"))
        situation.barrier = Barrier(gateways: [Self.gateway(9)], seal: Revision(rawValue: 10))
        #expect(situation.decision == .take(.freeze))
        situation.batch.notBefore = Self.now.advanced(byMilliseconds: 1)
        #expect(Self.waits(situation.decision, for: "1"))
    }

    @Test("the pause after an expired freeze is over by either clock, and doubles up to a minute")
    func pauseBetweenFreezes() {
        var situation = Self.situation(.announced)
        situation.batch.attempt = 3
        #expect(situation.batch.pauseBetweenFreezes == .seconds(8))
        // Written by a wall clock that was an hour ahead.
        situation.batch.notBefore = Self.now.advanced(byMilliseconds: 3_608_000)
        situation.restedFor = .milliseconds(7_999)
        #expect(Self.waits(situation.decision, for: "1"))
        situation.restedFor = .seconds(8)
        #expect(situation.decision == .take(.freeze))
        situation.batch.attempt = 40
        #expect(situation.batch.pauseBetweenFreezes == Limits.freezePauseMax)
    }

    @Test(
        "past the deadline: abort takes back what has not frozen, wait waits, force freezes and passes at the freeze's end"
    )
    func stragglers() {
        for stragglers in MigrationOptions.OnStragglers.allCases {
            for state in [BatchState.planned, .preparing, .copying, .announced] {
                var situation = Self.situation(state, stragglers: stragglers)
                situation.isPastDeadline = true
                #expect(
                    (situation.decision == .take(.abort)) == (stragglers == .abort), "\(state) \(stragglers)")
            }
            var situation = Self.situation(.announced, stragglers: stragglers)
            situation.isPastDeadline = true
            situation.barrier = Barrier(gateways: [Self.gateway(nil)], seal: nil)
            switch stragglers {
            case .abort: #expect(situation.decision == .take(.abort))
            case .wait: #expect(Self.waits(situation.decision, for: "edge"))
            case .force: #expect(situation.decision == .take(.freeze))
            }
            situation.batch.state = .freezing
            #expect(Self.waits(situation.decision, for: "edge"), "a freeze that has begun has its time")
            situation.now = Self.now.advanced(byMilliseconds: 10_000)
            let end: BatchDecision =
                switch stragglers {
                case .abort: .take(.abort)
                case .wait: .take(.freezeExpired)
                case .force: .pass(.force)
                }
            #expect(situation.decision == end)
        }
    }

    @Test("a freeze ends at its deadline by either clock, in time for the barrier or not")
    func freezeDeadline() {
        for state in [BatchState.freezing, .cutover] {
            var situation = Self.situation(state)
            let goesOn = situation.decision
            situation.now = Self.now.advanced(byMilliseconds: 9_999)
            situation.frozenFor = .milliseconds(9_999)
            #expect(situation.decision == goesOn)
            situation.now = Self.now.advanced(byMilliseconds: 10_000)
            #expect(situation.decision == .take(.freezeExpired))
            // The wall clock was put back by an hour.
            situation.now = Self.now.advanced(byMilliseconds: -3_600_000)
            situation.frozenFor = .seconds(10)
            #expect(situation.decision == .take(.freezeExpired))
            situation.isPastDeadline = true
            #expect(situation.decision == .take(.abort))
        }
    }

    @Test("a freeze whose end is not recorded is over")
    func noDeadline() {
        var situation = Self.situation(.freezing)
        situation.batch.freezeDeadline = nil
        #expect(situation.decision == .take(.freezeExpired))
    }

    @Test("where the barrier was forced the last copy has as long again")
    func grace() {
        var situation = Self.situation(.cutover, mover: Self.webhook, stragglers: .force)
        situation.isPastDeadline = true
        situation.batch.heldBy = .force
        situation.batch.phase = .catchUp
        situation.now = Self.now.advanced(byMilliseconds: 19_999)
        situation.frozenFor = .milliseconds(19_999)
        #expect(situation.decision == .call(.finalCopy))
        situation.frozenFor = .seconds(20)
        #expect(situation.decision == .take(.freezeExpired))
    }

    @Test("the mover is asked for each phase in its place, once")
    func phases() {
        let expected: [(BatchState, MoverPhase?, BatchDecision)] = [
            (.preparing, nil, .call(.prepare)), (.preparing, .prepare, .take(.prepared)),
            (.copying, .prepare, .call(.copy)), (.copying, .copy, .call(.catchUp)),
            (.copying, .catchUp, .take(.copied)), (.cutover, .catchUp, .call(.finalCopy)),
            (.cutover, .finalCopy, .take(.cutOver)), (.reversible, .finalCopy, .call(.cleanup)),
            (.reversible, .cleanup, .take(.windowEnded)), (.aborting, .finalCopy, .call(.undo)),
            (.aborting, nil, .call(.undo)), (.aborting, .undo, .take(.undone)),
        ]
        for (state, phase, decision) in expected {
            var situation = Self.situation(state, mover: Self.webhook)
            situation.batch.phase = phase
            #expect(situation.decision == decision, "\(state) after \(String(describing: phase))")
        }
        var unbegun = Self.situation(.aborting, mover: Self.webhook)
        unbegun.batch.beganAt = nil
        #expect(unbegun.decision == .take(.undone), "what was never begun left nothing behind")
    }

    @Test("a cutover is confirmed by every live gateway, and a window ends at its time")
    func ends() {
        var situation = Self.situation(.confirming)
        situation.barrier = Barrier(gateways: [Self.gateway(29)], seal: nil)
        #expect(Self.waits(situation.decision, for: "edge"))
        situation = Self.situation(.reversible)
        situation.batch.windowEndsAt = Self.now.advanced(byMilliseconds: 1)
        #expect(situation.decision == .wait([]))
    }

    @Test("each step that is decided is one that the state machine has")
    func steps() throws {
        for state in BatchState.allCases {
            for life in [
                OperationLife(.running), OperationLife(.paused), OperationLife(.running, isCancelling: true),
            ] {
                for isPastDeadline in [false, true] {
                    for stragglers in MigrationOptions.OnStragglers.allCases {
                        for milliseconds in [0, 10_000] as [Int64] {
                            var situation = Self.situation(state, stragglers: stragglers)
                            situation.life = life
                            situation.isPastDeadline = isPastDeadline
                            situation.now = Self.now.advanced(byMilliseconds: milliseconds)
                            let decision = situation.decision
                            #expect(decision == situation.decision)
                            switch decision {
                            case .take(let event): _ = try state.after(event)
                            case .pass: _ = try state.after(.barrierHeld)
                            case .wait, .call: break
                            }
                        }
                    }
                }
            }
        }
    }
}
