import Registry
import Testing

@testable import ControlPlane

@Suite("Gateway ledger")
struct GatewayLedgerTests {
    private static let incarnation = Incarnation("abcdefgh2345")!
    private static func tag(_ number: Int64) -> RevisionTag {
        RevisionTag(incarnation, Revision(rawValue: number))
    }

    private static func record(_ id: String) -> GatewayRecord {
        GatewayRecord(id: id, registeredAt: Timestamp(rawValue: 1), contactAt: Timestamp(rawValue: 1))
    }

    @Test("a lease runs from the last contact, whatever the wall clock does, and ends on time")
    func lease() throws {
        let time = ManualClock()
        let ledger = GatewayLedger([], clock: time.clock)
        ledger.beginRegistering("gw")
        ledger.add(Self.record("gw"), registering: "gw")
        time.advance(Limits.leaseDuration - .milliseconds(1))
        #expect(ledger.view(of: "gw")?.isLive == true)
        #expect(ledger.contact("gw", applied: Self.tag(3)))
        time.jump(byMilliseconds: 86_400_000)
        time.advance(Limits.leaseDuration - .milliseconds(1))
        let view = try #require(ledger.view(of: "gw"))
        #expect(view.isLive)
        #expect(view.leaseEndsAt == time.clock.now().advanced(byMilliseconds: 1))
        time.jump(byMilliseconds: -86_400_000 * 400)
        #expect(ledger.view(of: "gw")?.isLive == true)
        time.advance(.milliseconds(1))
        #expect(ledger.view(of: "gw")?.isLive == false)
        #expect(ledger.contact("gw", applied: nil))
        #expect(ledger.view(of: "gw")?.isLive == true)
    }

    @Test("after a start everyone known is live for a whole lease, and no longer")
    func restart() {
        let time = ManualClock()
        let ledger = GatewayLedger([Self.record("gw")], clock: time.clock)
        time.advance(Limits.leaseDuration - .milliseconds(1))
        #expect(ledger.view(of: "gw")?.isLive == true)
        time.advance(.milliseconds(1))
        #expect(ledger.view(of: "gw")?.isLive == false)
    }

    @Test("a contact that leaves something out leaves it as it was")
    func reports() {
        let time = ManualClock()
        let ledger = GatewayLedger([Self.record("gw")], clock: time.clock)
        let view = ledger.contact("gw", applied: Self.tag(5), digest: "d", error: "e")
        #expect(view?.record.applied == Self.tag(5))
        time.advance(.seconds(1))
        #expect(ledger.contact("gw", applied: nil))
        let later = ledger.view(of: "gw")?.record
        #expect(later?.applied == Self.tag(5))
        #expect(later?.digest == "d")
        #expect(later?.error == "e")
        #expect(later?.contactAt == time.clock.now())
        #expect(ledger.contact("gw", applied: nil, digest: "", error: "")?.record.error == "")
    }

    @Test("nobody is put on the list by a contact")
    func unknown() {
        let ledger = GatewayLedger([], clock: ManualClock().clock)
        #expect(!ledger.contact("gw", applied: nil))
        #expect(ledger.count == 0)
        #expect(ledger.view(of: "gw") == nil)
    }

    @Test("one that was heard of while its row was written stays unsaved")
    func unsaved() {
        let time = ManualClock()
        let ledger = GatewayLedger(["a", "b", "c"].map(Self.record), clock: time.clock)
        #expect(ledger.unsaved(limit: 10).isEmpty)
        for id in ["a", "b", "c"] { #expect(ledger.contact(id, applied: Self.tag(1))) }
        #expect(ledger.unsaved(limit: 2).count == 2)
        let records = ledger.unsaved(limit: 10)
        time.advance(.seconds(1))
        #expect(ledger.contact("b", applied: Self.tag(2)))
        ledger.saved(records)
        #expect(ledger.unsaved(limit: 10).map(\.id) == ["b"])
        ledger.forget("b")
        #expect(ledger.unsaved(limit: 10).isEmpty)
        #expect(ledger.views().map(\.record.id) == ["a", "c"])
    }

    @Test("a table counts as applied from its revision on, in its incarnation alone")
    func applied() {
        let ledger = GatewayLedger([Self.record("gw")], clock: ManualClock().clock)
        #expect(ledger.view(of: "gw")?.hasApplied(Self.tag(0)) == false)
        let view = ledger.contact("gw", applied: Self.tag(5), digest: nil, error: nil)
        #expect(view?.hasApplied(Self.tag(4)) == true)
        #expect(view?.hasApplied(Self.tag(5)) == true)
        #expect(view?.hasApplied(Self.tag(6)) == false)
        #expect(view?.hasApplied(RevisionTag(Incarnation("bbbbbbbbbbbb")!, Revision(rawValue: 5))) == false)
    }
}
