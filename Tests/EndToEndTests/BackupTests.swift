import Foundation
import HTTPClient
import JSON
import Testing

extension EndToEndTests {
    /// Backups while writes go on, and the drill: the data folder is destroyed, and what comes back is compared with
    /// what was acknowledged.
    @Suite struct BackupTests {
        private static let writers = 4
        let scratch: Scratch

        init() throws { scratch = try Scratch() }

        private var place: String { scratch.path + "/backups" }

        private func backUp(_ arguments: String...) throws -> JSONValue {
            let ending = try Program.controlPlane.run(
                ["backup", "--data-dir", scratch.data, "--to", place, "--json"] + arguments)
            guard ending.status == 0 else { throw Failure("backup: \(ending)") }
            return try JSONValue(parsing: Array(ending.output.utf8))
        }

        private func restore(_ folder: String, _ arguments: String...) throws -> Program.Ending {
            try Program.controlPlane.run(["restore", "--from", place, "--data-dir", folder] + arguments)
        }

        @Test func eachBackupUnderLoadEqualsWhatWasAcknowledgedAtItsRevision() throws {
            report("seed \(Settings.seed)")
            let server = try Server(scratch.data)
            for number in 1...3 { try server.admin.makeCell("cell-\(number)", zone: "us-east-1\(number)") }
            let ledger = Shared(BackupLedger())
            let crew = Crew(Self.writers) { crew, member in
                Self.write(while: crew, at: server, member, ledger)
            }
            var (backing, restoring) = (Figures(), Figures())
            for number in 1...Settings.backups {
                let began = ContinuousClock.now
                let manifest = try backUp("--keep-last", "3")
                backing.add(.now - began)
                let name = try #require(manifest["name"]?.string)
                let revision = try #require(manifest["revision"]?.integer)
                let folder = scratch.path + "/restored"
                let restoreBegan = ContinuousClock.now
                let ending = try restore(folder, "--backup", name)
                restoring.add(.now - restoreBegan)
                try #require(ending.status == 0, "\(ending)")
                try #require(eventually { ledger.value.isSettled(at: revision) })
                try compare(folder, with: ledger.value, at: revision, "backup \(number), \(name)")
                try FileManager.default.removeItem(atPath: folder)
            }
            // The disaster.
            let last = try #require(try backUp()["revision"]?.integer)
            usleep(100_000)
            try server.kill()
            crew.dismiss()
            crew.join()
            #expect(ledger.value.faults == [])
            try FileManager.default.removeItem(atPath: scratch.data)
            let ending = try restore(scratch.data)
            try #require(ending.status == 0, "\(ending)")
            try compare(scratch.data, with: ledger.value, at: last, "the drill")
            report(
                "\(Settings.backups) backups under load of \(ledger.value.acknowledged) writes, each restored and equal; "
                    + "backup \(backing), restore \(restoring)")
        }

        /// Each tenant as it was acknowledged last, at or before the revision.
        private func compare(_ folder: String, with ledger: BackupLedger, at revision: Int64, _ what: String)
            throws
        {
            // The admin's secret is in no backup.
            let made = try Program.controlPlane.run(
                ["token", "create", "drill", "--role", "admin", "--data-dir", folder])
            let token = made.output.trimmingCharacters(in: .whitespacesAndNewlines)
            let server = try Server(folder)
            let client = Client(server.url, token: token)
            var found: [String: BackupLedger.Write] = [:]
            var cursor = ""
            repeat {
                let page = try client.must("GET", "/v1/tenants?limit=1000" + cursor)
                for tenant in page["items"]?.array ?? [] {
                    let n = tenant["labels"]?["n"]?.string.flatMap { Int64($0) }
                    found[tenant["id"]?.string ?? ""] = BackupLedger.Write(
                        revision: tenant["revision"]?.integer ?? 0, n: n ?? 0)
                }
                cursor = page["nextCursor"]?.string.map { "&cursor=\($0)" } ?? ""
            } while cursor != ""
            let expected = ledger.state(at: revision)
            try #require(found == expected, "\(what), seed \(Settings.seed)")
            #expect(try server.stop() == 0)
            #expect(try Server.problems(in: folder) == "")
        }

        private static func write(
            while crew: Crew, at server: Server, _ member: Int, _ ledger: Shared<BackupLedger>
        ) {
            let client = server.admin
            var random = Seeded(Settings.seed, 1 + member)
            var n: Int64 = 0
            while crew.isWorking {
                n += 1
                let tenant = "w\(member)-\(Int.random(in: 0..<40, using: &random))"
                ledger.change { $0.began(member) }
                guard
                    let answer = try? client.send(
                        "PUT", "/v1/tenants/\(tenant)", ["labels": ["n": .string(String(n))]])
                else { return }
                ledger.change { $0.answered(member, tenant, n, answer) }
            }
        }

        @Test func aBackupNeedsNoServerAndARestoreNeedsThatThereIsNone() throws {
            let server = try Server(scratch.data)
            try server.admin.makeCell("cell-1")
            try server.kill()
            // The log of a server that was killed is in it.
            let manifest = try backUp()
            #expect(manifest["cells"]?.integer == 1)
            let name = try #require(manifest["name"]?.string)

            let again = try Server(scratch.data)
            let inUse = try restore(scratch.data, "--replace")
            #expect(inUse.status == 1 && inUse.errors.contains("in use"), "\(inUse)")
            #expect(try again.stop() == 0)
            let notEmpty = try restore(scratch.data)
            #expect(notEmpty.status == 1 && notEmpty.errors.contains("--replace"), "\(notEmpty)")

            let replaced = try Program.controlPlane.run([
                "restore", "--from", "\(place)/\(name).db.zst", "--data-dir", scratch.data, "--replace",
            ])
            #expect(replaced.status == 0, "\(replaced)")
            let restored = try Server(scratch.data)
            #expect(try restored.admin.send("GET", "/v1/cells/cell-1").status == 200)
            #expect(try restored.stop() == 0)

            for arguments in [
                ["restore", "--from", scratch.path + "/none", "--data-dir", scratch.path + "/new"],
                ["backup", "--data-dir", scratch.path + "/none", "--to", place],
            ] {
                let ending = try Program.controlPlane.run(arguments)
                #expect(ending.status == 1, "\(arguments): \(ending)")
            }
            let usage = try Program.controlPlane.run(["backup", "--data-dir", scratch.data, "--to", "gs://x"])
            #expect(usage.status == 64, "\(usage)")
        }
    }
}

/// What was acknowledged, and at which revision.
private struct BackupLedger: Sendable {
    struct Write: Sendable, Equatable {
        var revision: Int64
        var n: Int64
    }

    private var writes: [String: [Write]] = [:]
    /// Who waits for an answer; the newest revision that was there when he began.
    private var open: [Int: Int64] = [:]
    private var newest: Int64 = 0
    private(set) var acknowledged = 0
    private(set) var faults: [String] = []

    mutating func began(_ member: Int) { open[member] = newest }

    mutating func answered(_ member: Int, _ tenant: String, _ n: Int64, _ answer: Answer) {
        open[member] = nil
        guard answer.response.isSuccess, let revision = answer.revision else {
            return faults.append("\(tenant): \(answer.status) \(answer.text)")
        }
        writes[tenant, default: []].append(Write(revision: revision, n: n))
        newest = max(newest, revision)
        acknowledged += 1
    }

    /// Nobody still waits who may have written at or before the revision.
    func isSettled(at revision: Int64) -> Bool { open.values.allSatisfy { $0 >= revision } }

    func state(at revision: Int64) -> [String: Write] {
        writes.compactMapValues { $0.last { $0.revision <= revision } }
    }
}
