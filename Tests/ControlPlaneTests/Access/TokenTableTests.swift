import Registry
import Testing

@testable import ControlPlane

@Suite("Token table")
struct TokenTableTests {
    @Test("only the very secret finds its principal")
    func lookUp() {
        let secrets = (0..<5).map { _ in TokenSecret.random() }
        func record(_ number: Int) -> TokenRecord {
            TokenRecord(
                principal: Principal(name: "t-\(number)", role: .viewer), hash: secrets[number].hash,
                revision: Revision(rawValue: 1), createdAt: Timestamp(rawValue: 0))
        }
        let table = TokenTable((0..<4).map(record))
        let now = Timestamp(rawValue: 0)
        for number in 0..<4 {
            #expect(table.principal(bearing: secrets[number].text, at: now)?.name == "t-\(number)")
        }
        for text in [
            secrets[4].text, "", "crp_", String(secrets[0].text.dropLast()), secrets[0].text + " ",
            secrets[0].text.lowercased(),
        ] {
            #expect(table.principal(bearing: text, at: now) == nil)
        }
        table.replace([record(4)])
        #expect(table.principal(bearing: secrets[4].text, at: now)?.name == "t-4")
        #expect(table.principal(bearing: secrets[0].text, at: now) == nil)
    }
}
