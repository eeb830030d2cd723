import ArgumentParser
import ControlPlane
import Foundation
import Logging
import Registry
import Telemetry

/// `control-plane serve`: runs until SIGTERM or SIGINT.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Serve gateways and operators.",
        discussion:
            "Each option also comes from the environment, as CONTROL_PLANE_LISTEN, CONTROL_PLANE_DATA_DIR and so on."
    )

    @OptionGroup var data: DataOptions

    @Option(
        help: "Where gateways and operators are served (default 127.0.0.1:8080; port 0 takes any free one).")
    var listen: String?

    @Option(help: "Where probes and scrapes are served (default 127.0.0.1:9091).")
    var healthListen: String?

    @Option(
        help:
            "What may be done without a token: none, or gateway (reading routes; the default on loopback, and only there)."
    )
    var anonymousRole: AnonymousRole?

    @Option(help: "File with the server's certificate and those above it, in PEM: serves HTTPS.")
    var tlsCertificate: String?

    @Option(help: "File with the certificate's key, in PEM.")
    var tlsKey: String?

    @Option(help: "File with the authorities whose client certificates are asked for and verified, in PEM.")
    var tlsClientAuthorities: String?

    @Flag(help: "Refuse clients without a certificate from --tls-client-authorities.")
    var tlsRequireClientCertificate = false

    @OptionGroup var webhooks: WebhookOptions

    @OptionGroup var gates: GateOptions

    @OptionGroup var cluster: KubernetesOptions

    @Option(
        help:
            "Connections served at once (default 4000); the process must be allowed 256 more open files than that."
    )
    var connectionsMax: Int?

    @Option(help: "Long polls held at once, each of them a connection too (default 2000).")
    var watchesMax: Int?

    @Option(help: "Least level that is logged: debug, info, notice, warning, error (default info).")
    var logLevel: String?

    enum AnonymousRole: String, ExpressibleByArgument, CaseIterable {
        case none
        case gateway
    }

    func run() async throws {
        // A client that goes away, or a closed stderr, is an error of that write and no more.
        signal(SIGPIPE, SIG_IGN)
        let stop = StopSignals()
        let service = try await Service.start(try settings())
        await stop.first()
        await service.stop(within: .seconds(9))
    }

    private func settings() throws -> ServiceSettings {
        let main = try Address(listen ?? Environment["LISTEN"] ?? "127.0.0.1:8080", option: "--listen")
        let health = try Address(
            healthListen ?? Environment["HEALTH_LISTEN"] ?? "127.0.0.1:9091", option: "--health-listen")
        let named =
            try anonymousRole
            ?? Environment["ANONYMOUS_ROLE"].map { text in
                guard let role = AnonymousRole(rawValue: text) else {
                    throw ValidationError(
                        "CONTROL_PLANE_ANONYMOUS_ROLE must be none or gateway, not '\(text)'.")
                }
                return role
            }
        guard let role = named ?? (main.isLoopback ? .gateway : nil) else {
            throw ValidationError(
                "\(main) can be reached from elsewhere: say what may be done without a token, --anonymous-role none or gateway."
            )
        }
        return ServiceSettings(
            folder: data.folder, main: main, health: health,
            anonymousRole: role == .gateway ? .gateway : nil, tls: try tls(),
            webhooks: try webhooks.settings(), kubernetes: try cluster.settings(),
            exposedWebhookSecretFile: webhooks.exposedSecretFile, gates: try gates.settings(),
            logLevel: try level(), traces: try traces(),
            connectionsMax: try count(connectionsMax, "connections-max"),
            watchesMax: try count(watchesMax, "watches-max"))
    }

    private func count(_ given: Int?, _ name: String) throws -> Int? {
        let variable = name.uppercased().replacing("-", with: "_")
        guard given != nil || Environment[variable] != nil else { return nil }
        guard let count = given ?? Environment[variable].flatMap({ Int($0) }), (1...1_000_000).contains(count)
        else { throw ValidationError("--\(name) must be a number from 1 to 1000000.") }
        return count
    }

    private func traces() throws -> TraceConfiguration? {
        guard let endpoint = ProcessInfo.processInfo.environment["OTEL_EXPORTER_OTLP_ENDPOINT"],
            !endpoint.isEmpty
        else { return nil }
        guard var configuration = TraceConfiguration(endpoint: endpoint) else {
            throw ValidationError(
                "OTEL_EXPORTER_OTLP_ENDPOINT must be an http or https URL, not '\(endpoint)'.")
        }
        configuration.serviceVersion = Version.current
        return configuration
    }

    private func level() throws -> Logger.Level {
        let text = logLevel ?? Environment["LOG_LEVEL"] ?? "info"
        guard let level = Logger.Level(rawValue: text) else {
            throw ValidationError("--log-level must be debug, info, notice, warning or error, not '\(text)'.")
        }
        return level
    }

    private func tls() throws -> ServiceSettings.TLS? {
        let certificate = tlsCertificate ?? Environment["TLS_CERTIFICATE"]
        let key = tlsKey ?? Environment["TLS_KEY"]
        let authorities = tlsClientAuthorities ?? Environment["TLS_CLIENT_AUTHORITIES"]
        guard let certificate, let key else {
            guard certificate == nil, key == nil, authorities == nil, !tlsRequireClientCertificate else {
                throw ValidationError("TLS needs both --tls-certificate and --tls-key.")
            }
            return nil
        }
        guard authorities != nil || !tlsRequireClientCertificate else {
            throw ValidationError("--tls-require-client-certificate needs --tls-client-authorities.")
        }
        func read(_ path: String) throws -> String {
            do {
                return try String(contentsOfFile: path, encoding: .utf8)
            } catch {
                throw ValidationError("Can't read \(path).")
            }
        }
        return ServiceSettings.TLS(
            certificate: try read(certificate), key: try read(key),
            clientAuthorities: try authorities.map(read),
            requiresClientCertificate: tlsRequireClientCertificate)
    }
}
