import Crypto
import JSON

/// Makes what `/v1/audit` shows, by the words of the contract and not by the code that verifies it.
enum AuditChainMaker {
    static func chain(_ count: Int, actor: String = "admin") -> [JSONValue] {
        var hash = [UInt8](repeating: 0, count: 32)
        return (1...count).map { revision in
            // Sorted members, compact, written by hand.
            let canonical = """
                {"actor":"\(actor)","at":"2026-01-31T12:00:0\(revision % 10).000Z","document":{"id":"t\(revision)"},\
                "id":"t\(revision)","kind":"tenant","operation":"putTenant","previous":0,"reason":"päivä \\"x\\"",\
                "requestId":"r","revision":\(revision),"traceparent":""}
                """
            hash = Array(SHA256.hash(data: hash + Array(canonical.utf8)))
            let hex = hash.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
            let members = canonical.dropFirst().dropLast()
            let shown =
                "{\"revision\":\(revision),\"hash\":\"\(hex)\",\"before\":null,"
                + members.replacing("\"revision\":\(revision),", with: "") + "}"
            return (try? JSONValue(parsing: Array(shown.utf8))) ?? .null
        }
    }
}
