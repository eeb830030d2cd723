import HTTP
import Registry
import Synchronization

/// What a request is called in its answer, in the log and in the audit.
public struct RequestID: Sendable {
    /// The request's own name for itself, where it brought one that will do.
    private let sent: String?
    private let number: UInt64

    /// - Parameter head: its name for itself is taken where it is 1 to 128 visible characters.
    init(of head: RequestHead) {
        sent = head.field(.xRequestID).flatMap { Self.isUsable($0) ? $0 : nil }
        number = Self.count.add(1, ordering: .relaxed).newValue
    }

    private static func isUsable(_ text: String) -> Bool {
        (1...Limits.requestIDBytesMax).contains(text.utf8.count)
            && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }

    /// Whether the request brought it along.
    var isSent: Bool { sent != nil }

    /// Made only when somebody asks: most of the gateways' reads are answered without it.
    var text: String { sent ?? Self.text(number) }

    /// A random stem for the process, and a number.
    private static func text(_ number: UInt64) -> String { stem + String(number, radix: 36) }

    public static func next() -> String { text(count.add(1, ordering: .relaxed).newValue) }

    private static let stem = String(UInt32.random(in: .min ... .max), radix: 36) + "-"
    private static let count = Atomic<UInt64>(0)
}
