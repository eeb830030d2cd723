import Registry
import Testing

@testable import Store

@Suite("Tokens in the store")
struct TokenStoreTests {
    private static func hash(_ byte: UInt8) -> [UInt8] { [UInt8](repeating: byte, count: 32) }

    @Test("tokens are kept with role, cell and expiry, and listed by name")
    func kept() async throws {
        try await TemporaryStore.withStore { store in
            let principals = [
                Principal(name: "zoe", role: .admin),
                Principal(name: "cell", role: .cell, cell: CellID("cell-1")),
                Principal(name: "gw", role: .gateway, expiresAt: Timestamp(rawValue: 5)),
            ]
            let made = try await store.write { transaction in
                try principals.enumerated().map { try transaction.insert($1, hash: Self.hash(UInt8($0))) }
            }
            #expect(try store.read { try $0.tokens() } == [made[1], made[2], made[0]])
            #expect(try store.read { try $0.token("gw") } == made[2])
            #expect(try store.read { try $0.token("nobody") } == nil)
            #expect(made.map(\.revision.rawValue) == [1, 2, 3])
        }
    }

    @Test("a token leaves its history behind, and never its hash")
    func history() async throws {
        try await TemporaryStore.withStore { store in
            try await store.write { transaction in
                let token = try transaction.insert(Principal(name: "t", role: .viewer), hash: Self.hash(7))
                try transaction.delete(token)
                _ = try transaction.insert(Principal(name: "t", role: .admin), hash: Self.hash(8))
            }
            let events = try store.read { try $0.events(after: .zero, limit: 10) }
            #expect(events.map(\.event.previous.rawValue) == [0, 1, 2])
            #expect(
                events.map(\.event.document) == [
                    #"{"name":"t","role":"viewer"}"#, nil, #"{"name":"t","role":"admin"}"#,
                ])
            #expect(events.allSatisfy { !$0.routing })
        }
    }
}
