import JSON
import Registry
import Testing

@Suite("The barrier")
struct BarrierTests {
    private static let announced = Revision(rawValue: 10)
    private static let frozen = Revision(rawValue: 20)
    private static let out = Limits.leaseDuration + Limits.flightTime
    private static let tick = Duration.milliseconds(1)

    private static func gateway(
        _ applied: Int64?, live: Bool = true, silent silence: Duration = .zero, id: String = "edge"
    ) -> Barrier.Gateway {
        Barrier.Gateway(
            id: id, applied: applied.map(Revision.init(rawValue:)), isLive: live, silence: silence)
    }

    private static func holds(_ gateways: [Barrier.Gateway], seal: Int64? = nil) -> Barrier.Verdict {
        Barrier(gateways: gateways, seal: seal.map(Revision.init(rawValue:)))
            .isHeld(announced: announced, frozen: frozen)
    }

    private static func waitsFor(_ verdict: Barrier.Verdict) -> [String]? {
        guard case .waiting(let blockers) = verdict else { return nil }
        return blockers.map(\.id)
    }

    @Test("a gateway that has acknowledged the freeze is done with, live or not")
    func acknowledgedFreeze() {
        #expect(Self.holds([]) == .held(.gateways))
        #expect(Self.holds([Self.gateway(20)]) == .held(.gateways))
        #expect(Self.holds([Self.gateway(99, live: false, silent: .seconds(46))]) == .held(.gateways))
    }

    @Test("one that has acknowledged the announcement counts as out once lease and flight time are over")
    func out() {
        #expect(Self.waitsFor(Self.holds([Self.gateway(19)])) == ["edge"])
        #expect(Self.waitsFor(Self.holds([Self.gateway(10, live: true, silent: Self.out)])) == ["edge"])
        let early = Self.gateway(10, live: false, silent: Self.out - Self.tick)
        #expect(Self.waitsFor(Self.holds([early])) == ["edge"])
        #expect(Self.holds([Self.gateway(10, live: false, silent: Self.out)]) == .held(.gateways))
    }

    @Test(
        "one that is silent since before the announcement is waited for until its table is past its lifetime")
    func silentBefore() {
        let lifetime = Limits.tableLifetime
        for applied in [nil, 0, 9] as [Int64?] {
            #expect(Self.waitsFor(Self.holds([Self.gateway(applied)])) == ["edge"])
            let old = Self.gateway(applied, live: false, silent: lifetime - Self.tick)
            #expect(Self.waitsFor(Self.holds([old])) == ["edge"])
            #expect(Self.holds([Self.gateway(applied, live: false, silent: lifetime)]) == .held(.gateways))
        }
    }

    @Test("after a restart everyone on the list counts as just heard of, so that nobody is presumed gone")
    func restart() {
        let known = Self.gateway(10, live: true, silent: .zero)
        #expect(Self.waitsFor(Self.holds([known])) == ["edge"])
        let lease = Self.gateway(10, live: false, silent: Limits.leaseDuration)
        #expect(Self.waitsFor(Self.holds([lease])) == ["edge"])
    }

    @Test("each gateway that blocks is named, and one is enough")
    func naming() {
        let gateways = [
            Self.gateway(20, id: "a"), Self.gateway(12, id: "b"), Self.gateway(nil, live: false, id: "c"),
            Self.gateway(11, live: false, silent: .seconds(600), id: "d"),
        ]
        #expect(Self.waitsFor(Self.holds(gateways)) == ["b", "c"])
        guard case .waiting(let blockers) = Self.holds(gateways) else {
            Issue.record("the barrier holds")
            return
        }
        #expect(blockers[0] == Blocker(kind: "gateway", id: "b", message: "is at revision 12, not yet at 20"))
        #expect(blockers[1].message.contains("DELETE /v1/gateways/c"))
    }

    @Test("the cell's seal is enough, whatever the gateways do, from the frozen revision on")
    func seal() {
        let stale = [Self.gateway(nil)]
        #expect(Self.holds(stale, seal: 20) == .held(.seal))
        #expect(Self.holds(stale, seal: 21) == .held(.seal))
        #expect(Self.waitsFor(Self.holds(stale, seal: 19)) == ["edge"])
        #expect(Self.holds([Self.gateway(20)], seal: 19) == .held(.gateways))
    }

    @Test("a freeze is ready to begin once nobody is known who would hold it up")
    func ready() {
        func ready(_ gateway: Barrier.Gateway, seal: Int64? = nil) -> Barrier.Verdict {
            Barrier(gateways: [gateway], seal: seal.map(Revision.init(rawValue:)))
                .isReady(announced: Self.announced)
        }
        #expect(ready(Self.gateway(10)) == .held(.gateways))
        #expect(Self.waitsFor(ready(Self.gateway(9))) == ["edge"])
        let silent = Self.gateway(10, live: false, silent: Self.out - Self.tick)
        #expect(Self.waitsFor(ready(silent)) == ["edge"])
        #expect(ready(Self.gateway(10, live: false, silent: Self.out)) == .held(.gateways))
        #expect(ready(Self.gateway(nil), seal: 10) == .held(.seal))
        #expect(Self.waitsFor(ready(Self.gateway(nil), seal: 9)) == ["edge"])
        #expect(ready(Self.gateway(nil, live: false, silent: Limits.tableLifetime)) == .held(.gateways))
    }

    @Test("a cutover is confirmed once every live gateway has it; those that are out are not waited for")
    func confirmed() {
        func confirmed(_ gateways: [Barrier.Gateway]) -> Barrier.Verdict {
            Barrier(gateways: gateways, seal: Self.frozen).isConfirmed(cutover: Revision(rawValue: 30))
        }
        #expect(confirmed([Self.gateway(30), Self.gateway(29, live: false)]) == .held(.gateways))
        #expect(Self.waitsFor(confirmed([Self.gateway(29), Self.gateway(nil)])) == ["edge", "edge"])
    }

    @Test("the evidence counts who had it and names who was out and who was gone")
    func evidence() {
        let barrier = Barrier(
            gateways: [
                Self.gateway(20, id: "a"), Self.gateway(12, live: false, silent: Self.out, id: "b"),
                Self.gateway(nil, live: false, silent: Limits.tableLifetime, id: "c"),
            ], seal: nil)
        var batch = Batch(
            operation: OperationID("migration-k3v7q2mzt5xa")!, number: 1, source: CellID("cell-1")!,
            tenants: 1)
        batch.frozen = Self.frozen
        let evidence = JSONValue.object(
            barrier.evidence(
                for: batch, at: Timestamp(rawValue: 0), in: Incarnation("k3v7q2mzt5xa")!))
        #expect(evidence["gateways"] == ["applied": 1, "expired": ["b"], "gone": ["c"]])
        #expect(evidence["seal"] == .null)
    }
}
