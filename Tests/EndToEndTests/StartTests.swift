import Foundation
import JSON
import Testing

extension EndToEndTests {
    @Suite struct StartTests {
        let scratch: Scratch

        init() throws { scratch = try Scratch() }

        @Test func theFirstStartMakesAnAdminTokenForItsUsersEyesAlone() throws {
            let server = try Server(scratch.data)
            #expect(try mode(of: scratch.data) == 0o700)
            #expect(try mode(of: scratch.data + "/admin-token") == 0o600)
            let token = server.adminToken
            #expect(token.hasPrefix("crp_"))
            #expect(!server.process.lines.joined().contains(token))
            #expect(try server.admin.send("GET", "/v1/tokens").status == 200)
            #expect(try server.stop() == 0)

            let again = try Server(scratch.data)
            #expect(again.adminToken == token)
            #expect(try again.admin.send("GET", "/v1/tokens").status == 200)
        }

        @Test func aSecondProcessOnTheSameFolderRefusesToStart() throws {
            let server = try Server(scratch.data)
            let refusal = try #require(throws: Server.StartFailure.self) { try Server(scratch.data) }
            #expect(refusal.status == 1)
            #expect(refusal.lines.count == 1 && refusal.lines.joined().contains("in use"), "\(refusal)")
            for command in [["check"], ["migrate"], ["token", "list"]] {
                let ending = try Program.controlPlane.run(command + ["--data-dir", scratch.data])
                #expect(ending.status == 1 && ending.errors.contains("in use"), "\(command): \(ending)")
            }
            try server.admin.makeCell("cell-1")
        }

        @Test func settingsComeFromTheEnvironmentAndOptionsWin() throws {
            let environment = [
                "CONTROL_PLANE_DATA_DIR": scratch.data, "CONTROL_PLANE_LISTEN": "127.0.0.1:0",
                "CONTROL_PLANE_HEALTH_LISTEN": "127.0.0.1:0", "CONTROL_PLANE_ANONYMOUS_ROLE": "none",
                "CONTROL_PLANE_LOG_LEVEL": "info",
            ]
            let process = try Running(.controlPlane, ["serve"], environment: environment)
            let url = process.line(within: .seconds(60)) { line in
                (try? JSONValue(parsing: Array(line.utf8)))?["listen"]?.string
            }
            let client = Client("http://\(try #require(url))")
            #expect(try client.send("GET", "/v1/routing-table").status == 401)
            process.signal(SIGTERM)
            #expect(try process.ended(within: .seconds(10)) == 0)

            let server = try Server(
                scratch.data, ["--anonymous-role", "gateway"],
                environment: environment.merging(["CONTROL_PLANE_DATA_DIR": "/nowhere"]) { $1 })
            #expect(try server.anonymous.send("GET", "/v1/routing-table").status == 200)
        }

        @Test func whereItCanBeReachedFromElsewhereItMustBeToldWhatNeedsNoToken() throws {
            let refusal = try #require(throws: Server.StartFailure.self) {
                try Server(scratch.data, ["--listen", "0.0.0.0:0"])
            }
            #expect(refusal.status == 64)
            #expect(refusal.lines.joined().contains("--anonymous-role none or gateway"))
            let server = try Server(scratch.data, ["--listen", "0.0.0.0:0", "--anonymous-role", "none"])
            let local = Client("http://127.0.0.1:\(server.port)", token: server.adminToken)
            #expect(try local.send("GET", "/v1/cells").status == 200)
            #expect(try local.anonymous.send("GET", "/v1/routing-table").status == 401)
        }

        @Test func probesHaveAListenerOfTheirOwn() throws {
            let server = try Server(scratch.data)
            let health = Client(server.healthURL)
            #expect(try health.send("GET", "/health/live").status == 200)
            #expect(try health.send("GET", "/metrics").text.contains("titan_build_info"))
            #expect(try health.send("GET", "/v1/cells").status == 404)
        }
    }
}
