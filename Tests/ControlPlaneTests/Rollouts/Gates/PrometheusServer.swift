import Foundation
import HTTPClient
import HTTPTestServer
import Testing

/// A real Prometheus, which scrapes a server of the test.
struct PrometheusServer {
    let url: String

    /// Runs the body once the metrics have been scraped.
    ///
    /// - Parameter metrics: in the text format.
    static func run(_ metrics: String, _ body: (PrometheusServer) async throws -> Void) async throws {
        let reply = answer("200 OK", fields: "Content-Type: text/plain; version=0.0.4\r\n", metrics)
        try await TestServer.run({ _ in .close(reply) }) { target async throws in
            let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: folder) }
            let configuration = folder.appendingPathComponent("prometheus.yml")
            try """
            global: {scrape_interval: 1s, scrape_timeout: 1s}
            scrape_configs:
              - job_name: cells
                static_configs: [{targets: ['127.0.0.1:\(target.port)']}]
            """.write(to: configuration, atomically: true, encoding: .utf8)

            let port = try freePort()
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments = [
                "prometheus", "--config.file=\(configuration.path)",
                "--storage.tsdb.path=\(folder.path)/data",
                "--web.listen-address=127.0.0.1:\(port)", "--log.level=error",
            ]
            process.standardError = FileHandle.nullDevice
            try process.run()
            defer {
                process.terminate()
                process.waitUntilExit()
            }
            let server = PrometheusServer(url: "http://127.0.0.1:\(port)")
            try await server.hasScraped(process)
            try await body(server)
        }
    }

    private func hasScraped(_ process: Process) async throws {
        var configuration = ClientConfiguration()
        configuration.allowsPlainHTTP = true
        let client = HTTPClient(configuration)
        for _ in 0..<600 where process.isRunning {
            let response = try? client.send(ClientRequest("GET", "\(url)/api/v1/query?query=up%3D%3D1"))
            if let response, String(decoding: response.body, as: UTF8.self).contains("\"value\"") { return }
            try await Task.sleep(for: .milliseconds(100))
        }
        Issue.record("Prometheus has not scraped within a minute; is the package 'prometheus' installed?")
        throw NotReady()
    }

    private struct NotReady: Error {}

    private static func freePort() throws -> UInt16 {
        let socket = try listeningSocket()
        close(socket.descriptor)
        return socket.port
    }
}
