import HTTP
import Registry
import Synchronization

/// What a request is called in its answer, in the log and in the audit.
public enum RequestID {
    /// The request's own name for itself where it is 1 to 128 visible characters, else a new one.
    static func of(_ head: RequestHead) -> String {
        if let sent = head.field(.xRequestID), (1...Limits.requestIDBytesMax).contains(sent.utf8.count),
            sent.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        {
            return sent
        }
        return next()
    }

    /// A random stem for the process, and a number.
    public static func next() -> String { "\(stem)-\(count.add(1, ordering: .relaxed).newValue)" }

    private static let stem = String(UInt32.random(in: .min ... .max), radix: 36)
    private static let count = Atomic<UInt64>(0)
}
