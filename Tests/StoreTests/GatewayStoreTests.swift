import Registry
import Testing

@testable import Store

@Suite("Gateways in the store")
struct GatewayStoreTests {
    private static let tag = RevisionTag(Incarnation("abcdefgh2345")!, Revision(rawValue: 9))

    @Test("a gateway is written over but for its first registration, without an event")
    func saved() async throws {
        try await TemporaryStore.withStore { store in
            let first = GatewayRecord(
                id: "gw-1", registeredAt: Timestamp(rawValue: 1), contactAt: Timestamp(rawValue: 1))
            let later = GatewayRecord(
                id: "gw-1", registeredAt: Timestamp(rawValue: 99), contactAt: Timestamp(rawValue: 2),
                applied: Self.tag,
                digest: "d", error: "e")
            try await store.write { try $0.save(first) }
            #expect(try store.read { try $0.gateway("gw-1") } == first)
            try await store.write { try $0.save(later) }
            var expected = later
            expected.registeredAt = first.registeredAt
            #expect(try store.read { try $0.gateways() } == [expected])
            #expect(try store.read { try $0.revision() } == .zero)
        }
    }

    @Test("a gateway's leaving is a change")
    func deleted() async throws {
        try await TemporaryStore.withStore { store in
            let record = GatewayRecord(
                id: "gw-1", registeredAt: Timestamp(rawValue: 1), contactAt: Timestamp(rawValue: 1))
            try await store.write {
                try $0.save(record)
                try $0.deleteGateway("gw-1")
            }
            #expect(try store.read { try $0.gateways() } == [])
            let event = try store.read { try $0.event(at: Revision(rawValue: 1)) }
            #expect(event?.event.kind == .gateway)
            #expect(event?.event.document == nil)
            #expect(event?.routing == false)
        }
    }
}
