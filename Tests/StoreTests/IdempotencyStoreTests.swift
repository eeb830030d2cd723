import Registry
import SQLite
import Testing

@testable import Store

@Suite("Answers kept for idempotency keys")
struct IdempotencyStoreTests {
    private static func key(_ name: String, principal: String = "ann", print: UInt8 = 1) -> IdempotencyKey {
        IdempotencyKey(principal: principal, key: name, fingerprint: [UInt8](repeating: print, count: 32))
    }

    private static let answer = KeptAnswer(status: 201, fields: #"{"location":"/x"}"#, body: [0, 1, 255])

    private static let lifetime = Limits.idempotencyKeyLifetime.milliseconds

    @Test("an answer is given again to the same request of the same principal, across a restart")
    func replay() async throws {
        try await TemporaryStore.with { temporary in
            try await temporary.withStore { store in
                #expect(try await store.write { try $0.answer(to: Self.key("k")) } == nil)
                try await store.write { try $0.keep(Self.answer, for: Self.key("k")) }
            }
            try await temporary.withStore { store in
                let answers = try await store.write { transaction in
                    [
                        try transaction.answer(to: Self.key("k")),
                        try transaction.answer(to: Self.key("k", principal: "bob", print: 2)),
                        try transaction.answer(to: Self.key("other")),
                    ]
                }
                #expect(answers == [Self.answer, nil, nil])
            }
        }
    }

    @Test("another request under the same key is refused")
    func reused() async throws {
        try await TemporaryStore.withStore { store in
            try await store.write { try $0.keep(Self.answer, for: Self.key("k")) }
            let error = await #expect(throws: RegistryError.self) {
                try await store.write { try $0.answer(to: Self.key("k", print: 2)) }
            }
            #expect(error?.code == .idempotencyKeyReused)
        }
    }

    @Test("a key lives for 24 hours to the millisecond, and is free again then")
    func expiry() async throws {
        try await TemporaryStore.with { temporary in
            try await temporary.withStore { store in
                try await store.write { try $0.keep(Self.answer, for: Self.key("k")) }
                temporary.clock.advance(byMilliseconds: Self.lifetime - 1)
                #expect(try await store.write { try $0.answer(to: Self.key("k")) } == Self.answer)
                temporary.clock.advance(byMilliseconds: 1)
                #expect(try await store.write { try $0.answer(to: Self.key("k")) } == nil)
                let other = KeptAnswer(status: 200, fields: "{}", body: [])
                try await store.write { try $0.keep(other, for: Self.key("k", print: 2)) }
                #expect(try await store.write { try $0.answer(to: Self.key("k", print: 2)) } == other)
            }
        }
    }

    @Test("what is past its lifetime is taken out, the oldest first, no more at a time than asked for")
    func deletion() async throws {
        try await TemporaryStore.with { temporary in
            try await temporary.withStore { store in
                for number in 0..<5 {
                    try await store.write { try $0.keep(Self.answer, for: Self.key("k-\(number)")) }
                    temporary.clock.advance(byMilliseconds: 1)
                }
                temporary.clock.advance(byMilliseconds: Self.lifetime - 3)
                let left = {
                    try await store.write { transaction in
                        try transaction.connection.query("SELECT key FROM idempotency_keys ORDER BY key") {
                            $0.text(0)
                        }
                    }
                }
                #expect(try await store.write { try $0.deleteExpiredAnswers(limit: 2) } == 2)
                #expect(try await left() == ["k-2", "k-3", "k-4"])
                #expect(try await store.write { try $0.deleteExpiredAnswers(limit: 100) } == 1)
                #expect(try await store.write { try $0.deleteExpiredAnswers(limit: 100) } == 0)
                #expect(try await left() == ["k-3", "k-4"])
            }
        }
    }

    @Test("whoever has more than his share loses the oldest, and nobody else does")
    func quota() async throws {
        try await TemporaryStore.with { temporary in
            try await temporary.withStore { store in
                for number in 0..<5 {
                    for principal in ["busy", number < 3 ? "calm" : "busy"] {
                        let key = IdempotencyKey(
                            principal: principal, key: "k-\(number)",
                            fingerprint: Array(repeating: 1, count: 32))
                        try await store.write { try $0.keep(Self.answer, for: key) }
                    }
                    temporary.clock.advance(byMilliseconds: 1)
                }
                let left = {
                    try await store.write { transaction in
                        try transaction.connection.query(
                            "SELECT principal || ' ' || key FROM idempotency_keys ORDER BY 1"
                        ) { $0.text(0) }
                    }
                }
                #expect(try await store.write { try $0.deleteAnswers(beyond: 3, limit: 1) } == 1)
                #expect(try await store.write { try $0.deleteAnswers(beyond: 3, limit: 100) } == 1)
                #expect(try await store.write { try $0.deleteAnswers(beyond: 3, limit: 100) } == 0)
                #expect(
                    try await left() == [
                        "busy k-2", "busy k-3", "busy k-4", "calm k-0", "calm k-1", "calm k-2",
                    ])
            }
        }
    }
}
