import Foundation
import JSON
import Testing

extension EndToEndTests {
    /// `check`, `migrate` and `token`, on a folder that no server runs on.
    @Suite struct OfflineCommandTests {
        let scratch: Scratch

        init() throws { scratch = try Scratch() }

        private func offline(_ arguments: String...) throws -> Program.Ending {
            try Program.controlPlane.run(arguments + ["--data-dir", scratch.data])
        }

        @Test func migrateMakesASchemaThatServeThenUses() throws {
            let ending = try offline("migrate")
            #expect(ending.status == 0)
            let folder = URL(fileURLWithPath: #filePath).appending(path: "../../../Migrations").standardized
            let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            let version = files.count { $0.hasSuffix(".sql") }
            #expect(ending.output.contains("is at version \(version)."), "\(ending)")
            let server = try Server(scratch.data)
            #expect(try server.admin.send("GET", "/v1/cells").status == 200)
        }

        @Test func tokensAreMadeListedAndRevokedWithoutAServer() throws {
            let made = try offline("token", "create", "alice", "--role", "admin", "--expires-in", "1h")
            let token = made.output.trimmingCharacters(in: .whitespacesAndNewlines)
            #expect(made.status == 0 && token.hasPrefix("crp_"), "\(made)")
            let list = try offline("token", "list")
            #expect(list.output.contains("alice  admin  expires"), "\(list)")
            #expect(!list.output.contains(token))
            let twice = try offline("token", "create", "alice", "--role", "viewer")
            #expect(twice.status > 0 && twice.errors.contains("alice"), "\(twice)")

            let server = try Server(scratch.data)
            let alice = Client(server.url, token: token)
            #expect(try alice.send("GET", "/v1/tokens").status == 200)
            #expect(try server.stop() == 0)

            #expect(try offline("token", "revoke", "alice").status == 0)
            let again = try Server(scratch.data)
            let revoked = try alice.moved(to: again.url).send("GET", "/v1/tokens")
            #expect(revoked.status == 401)
        }

        @Test func checkNamesWhatItLookedAtAndFindsDamage() throws {
            let server = try Server(scratch.data)
            try server.admin.makeCell("cell-1")
            for number in 0..<200 {
                try server.admin.must("PUT", "/v1/tenants/t\(number)", ["cell": "cell-1"])
            }
            #expect(try server.stop() == 0)
            let good = try offline("check")
            #expect(good.status == 0)
            for check in ["pagesAndIndexes", "foreignKeys", "cellLoads", "hosts", "auditChain"] {
                #expect(good.output.contains("\(check): ok"), "\(good)")
            }

            // Recorded changes that say another thing than they did, wherever in the file they stand.
            let path = scratch.data + "/registry.db"
            var content = try Data(contentsOf: URL(fileURLWithPath: path))
            while let operation = content.range(of: Data("putTenant".utf8)) {
                content[operation.lowerBound] = UInt8(ascii: "P")
            }
            try content.write(to: URL(fileURLWithPath: path))
            let bad = try offline("check")
            #expect(bad.status == 1)
            #expect(bad.output.contains("auditChain: ") && !bad.output.contains("auditChain: ok"), "\(bad)")
            #expect(bad.output.contains("hosts: ok"), "\(bad)")
        }

        @Test func whatIsNoDatabaseIsRefusedAndLeftAsItIs() throws {
            try FileManager.default.createDirectory(atPath: scratch.data, withIntermediateDirectories: false)
            let path = scratch.data + "/registry.db"
            let text = String(repeating: "This is no database. ", count: 500)
            try text.write(toFile: path, atomically: false, encoding: .utf8)
            let refusal = try #require(throws: Server.StartFailure.self) { try Server(scratch.data) }
            #expect(refusal.status > 0 && refusal.lines.joined().contains("registry.db"), "\(refusal)")
            #expect(try String(contentsOfFile: path, encoding: .utf8) == text)
        }
    }
}
