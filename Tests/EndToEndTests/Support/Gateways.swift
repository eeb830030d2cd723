import Foundation
import HTTPClient
import JSON
import Synchronization

/// Gateways that follow the routing table, a thread and a connection each, as docs/gateway-protocol.md has it.
final class Gateways: Sendable {
    /// What one of them has seen.
    struct Log: Sendable {
        var table: GatewayTable?
        /// Whole tables, deltas with a change in them, and empty ones.
        var tables = 0, deltas = 0, empty = 0
        /// Attempts that brought no answer: the server was not there.
        var unanswered = 0
        /// What must not happen.
        var faults: [String] = []
    }

    private let url: Shared<String>
    private let logs: [Shared<Log>]
    private let firstTable = Mutex<(bytes: [UInt8], table: JSONValue, entries: GatewayTable.Entries)?>(nil)
    /// A table is some megabytes: not all at once.
    private let fetching = DispatchSemaphore(value: 8)
    private let crew = Mutex<Crew?>(nil)

    init(_ count: Int, at url: String) {
        self.url = Shared(url)
        logs = (0..<count).map { _ in Shared(Log()) }
        let crew = Crew(count) { [self] crew, number in follow(while: crew, number) }
        self.crew.withLock { $0 = crew }
    }

    /// Where the server is, after a restart.
    func move(to url: String) { self.url.change { $0 = url } }

    var all: [Log] { logs.map(\.value) }

    var faults: [String] { all.flatMap(\.faults) }

    /// How many have the revision, or a later one.
    func count(at revision: Int64) -> Int {
        logs.count { ($0.value.table?.revision.number ?? -1) >= revision }
    }

    /// Ends them; the polls that are held end at the next change or after their wait.
    func dismiss() { crew.withLock { $0?.dismiss() } }
    func join() { crew.withLock { $0 }?.join() }

    private func follow(while crew: Crew, _ number: Int) {
        let client = Client("")
        var random = Seeded(Settings.seed, number)
        while crew.isWorking {
            do {
                try step(number, client.moved(to: url.value))
            } catch is ClientError {
                logs[number].change { $0.unanswered += 1 }
                usleep(.random(in: 1_000...100_000, using: &random))
            } catch {
                logs[number].change { $0.faults.append("gateway \(number): \(error)") }
                return
            }
        }
    }

    private func step(_ number: Int, _ client: Client) throws {
        let path = "/v1/routing-table?gateway=gateway-\(number)"
        guard let table = logs[number].value.table else {
            fetching.wait()
            defer { fetching.signal() }
            let answer = try client.send("GET", path)
            guard answer.status == 200 else { return try refused(answer) }
            let table = try whole(answer.response.body)
            return logs[number].change {
                $0.table = table
                $0.tables += 1
            }
        }
        let answer = try client.send("GET", path + "&since=\(table.revision)&wait=30s")
        guard answer.status == 200 else { return try refused(answer) }
        let delta = answer.json
        var next = table
        try next.apply(delta)
        let isEmpty = delta.object?.count == 2
        logs[number].change { [next] in
            $0.table = next
            if isEmpty { $0.empty += 1 } else { $0.deltas += 1 }
        }
    }

    /// A server that stops may say so; nothing else is refused to a gateway that did nothing wrong.
    private func refused(_ answer: Answer) throws {
        guard answer.status == 503, answer[field: "Retry-After"] != nil else {
            throw Failure("\(answer.status) \(answer.text.prefix(300))")
        }
        usleep(50_000)
    }

    /// The table of these bytes; most gateways fetch the same.
    private func whole(_ bytes: [UInt8]) throws -> GatewayTable {
        try firstTable.withLock { first in
            if let first, first.bytes == bytes { return try GatewayTable(first.table, first.entries) }
            let table = try JSONValue(parsing: bytes)
            let entries = try GatewayTable.entries(of: table)
            first = (bytes, table, entries)
            return try GatewayTable(table, entries)
        }
    }

    /// Those whose table is not the one that GET gives, each with what is wrong.
    func differences(from table: JSONValue) throws -> [String] {
        let entries = try GatewayTable.entries(of: table)
        let base = firstTable.withLock { $0?.entries } ?? [:]
        let baseDiffers = GatewayTable.differences(base, entries)
        let revision = try RevisionTag(table["revision"]?.string)
        return all.enumerated().compactMap { number, log in
            guard let own = log.table else { return "gateway \(number) has no table" }
            let wrong = own.differences(from: entries, baseDiffers: baseDiffers)
            if wrong.isEmpty, own.revision == revision { return nil }
            return "gateway \(number) at \(own.revision), not \(revision): \(wrong.prefix(5))"
        }
    }
}
