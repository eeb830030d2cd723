import Foundation
import Testing

/// Text that is kept in `Golden/` and compared with what is made anew. With `RECORD_GOLDEN=1` it is written, and the
/// test fails once, so that a recording is never taken for a check.
enum Golden {
    static func check(_ text: String, _ name: String, sourceLocation: SourceLocation = #_sourceLocation)
        throws
    {
        let file = Contract.root.appending(path: "Tests/APITests/Golden/\(name)")
        guard ProcessInfo.processInfo.environment["RECORD_GOLDEN"] == "1" else {
            let kept = try String(contentsOf: file, encoding: .utf8)
            #expect(
                kept == text, "RECORD_GOLDEN=1 swift test records \(name) anew",
                sourceLocation: sourceLocation)
            return
        }
        try text.write(to: file, atomically: true, encoding: .utf8)
        Issue.record("recorded \(name)", sourceLocation: sourceLocation)
    }
}
