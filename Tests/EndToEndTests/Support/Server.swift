import Foundation
import JSON

/// A running `control-plane serve`.
final class Server: Sendable {
    let process: Running
    let folder: String
    /// Gateways and operators, as `http://HOST:PORT`.
    let url: String
    /// Probes and scrapes.
    let healthURL: String
    /// From the start of the process until it served and said that it was ready.
    let startTime: Duration

    /// Starts it on free ports and waits until it is ready.
    ///
    /// - Parameter tracer: a program and its arguments that runs the server in its turn.
    /// - Throws: `StartFailure` where it ends instead.
    init(
        _ folder: String, _ arguments: [String] = [], environment: [String: String] = [:],
        tracer: [String] = []
    ) throws {
        let serve =
            ["serve", "--data-dir", folder, "--listen", "127.0.0.1:0", "--health-listen", "127.0.0.1:0"]
            + arguments
        let command = tracer + [Program.controlPlane.path] + serve
        process = try Running(
            Program(path: command[0]), Array(command.dropFirst()), environment: environment)
        self.folder = folder
        let message = process.line(within: .seconds(120)) { line -> JSONValue? in
            guard let message = try? JSONValue(parsing: Array(line.utf8)) else { return nil }
            return message["message"] == "serving" ? message : nil
        }
        guard let message, let main = message["listen"]?.string, let health = message["healthListen"]?.string
        else {
            throw StartFailure(status: try process.ended(within: .seconds(10)), lines: process.lines)
        }
        url = "http://\(main)"
        healthURL = "http://\(health)"
        guard try Client(healthURL).send("GET", "/health/ready").status == 200 else {
            throw Failure("It serves without being ready.")
        }
        startTime = .now - process.startedAt
    }

    deinit { if process.isRunning { process.signal(SIGKILL) } }

    /// It ended, for the reason that it gave, instead of serving.
    struct StartFailure: Error {
        let status: Int32
        let lines: [String]
    }

    var port: UInt16 { UInt16(url.split(separator: ":").last ?? "") ?? 0 }

    /// The first admin token of the folder.
    var adminToken: String {
        let text = try? String(contentsOfFile: folder + "/admin-token", encoding: .utf8)
        return text?.trimmingCharacters(in: .whitespacesAndNewlines) ?? ""
    }

    var admin: Client { Client(url, token: adminToken) }
    var anonymous: Client { Client(url) }

    /// As an operator's shell has it.
    var shell: [String: String] { ["CELL_REGISTRY_URL": url, "CELLCTL_TOKEN": adminToken] }

    /// SIGKILL, and the end of it.
    func kill() throws {
        process.signal(SIGKILL)
        try process.ended(within: .seconds(10))
    }

    /// SIGTERM, and the end that it promises within ten seconds.
    @discardableResult
    func stop() throws -> Int32 {
        process.signal(SIGTERM)
        return try process.ended(within: .seconds(10))
    }

    /// The descriptors that the process has open.
    var descriptors: Int {
        (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process.identifier)/fd").count) ?? 0
    }

    /// What `control-plane check` finds in a folder that no server runs on; empty where all is well.
    static func problems(in folder: String) throws -> String {
        let check = try Program.controlPlane.run(["check", "--data-dir", folder])
        return check.status == 0 ? "" : "\(check.status): \(check.output)\(check.errors)"
    }
}
