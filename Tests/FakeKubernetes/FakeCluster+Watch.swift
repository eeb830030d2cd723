import Foundation
import HTTPTestServer
import JSON

extension FakeCluster {
    /// An answer of 200 whatever comes: also a version that is too old is told inside of it.
    func watch(_ call: Call) -> TestServer.Reply {
        let seconds = Double(call.query["timeoutSeconds"] ?? "60") ?? 60
        let asked = Int(call.query["resourceVersion"] ?? "0") ?? 0
        return .stream { send in
            guard send(Array("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n".utf8)) else {
                return
            }
            var after = asked
            let end = Date(timeIntervalSinceNow: seconds)
            let number = self.locked { self.watchesNumber }
            while true {
                let (lines, isOver) = self.next(after: &after, of: call.path, until: end, number: number)
                for line in lines {
                    // In two pieces, as a network cuts it.
                    let bytes = line.encoded() + [0x0A]
                    guard send(Array(bytes.prefix(bytes.count / 2))),
                        send(Array(bytes.dropFirst(bytes.count / 2)))
                    else { return }
                }
                if isOver { return }
            }
        }
    }

    /// Waits for what is new.
    private func next(
        after: inout Int, of collection: String, until end: Date, number: Int
    ) -> (lines: [JSONValue], isOver: Bool) {
        condition.lock()
        defer { condition.unlock() }
        while true {
            if after < compacted {
                let gone: JSONValue = [
                    "type": "ERROR",
                    "object": [
                        "kind": "Status", "code": 410, "reason": "Expired",
                        "message": .string("too old resource version: \(after) (\(compacted))"),
                    ],
                ]
                return ([gone], true)
            }
            let new = events.filter { $0.version > after && $0.collection == collection }
            if !new.isEmpty {
                after = new.last?.version ?? after
                return (new.map { ["type": .string($0.type), "object": $0.object] }, false)
            }
            let isOver = watchesNumber != number || Date() >= end
            if isOver {
                // A bookmark before it ends, so that the client goes on from here.
                after = version
                let bookmark: JSONValue = [
                    "type": "BOOKMARK",
                    "object": [
                        "kind": "StatefulSet", "metadata": ["resourceVersion": .string("\(version)")],
                    ],
                ]
                return (isDown ? [] : [bookmark], true)
            }
            _ = condition.wait(until: end)
        }
    }
}
