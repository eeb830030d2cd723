import ArgumentParser
import ControlPlane
import Foundation
import Registry

/// What gates of rollouts may ask.
struct GateOptions: ParsableArguments {
    @Option(
        help:
            "Where Prometheus is, for gates that query it: http://prometheus:9090. Without it there are no such gates."
    )
    var prometheusUrl: String?

    @Option(help: "File with the bearer token for Prometheus; read anew for each query.")
    var prometheusTokenFile: String?

    @Option(
        help: ArgumentHelp(
            "Where probes may go: a name, an address or a network, with :PORT for one port alone. Repeat it, or separate by commas (default: the private networks, without loopback and link-local).",
            valueName: "host[:port]"))
    var probeAllow: [String] = []

    func settings() throws -> GateSettings {
        let url = prometheusUrl ?? Environment["PROMETHEUS_URL"]
        let file = prometheusTokenFile ?? Environment["PROMETHEUS_TOKEN_FILE"]
        if let file {
            guard url != nil else { throw ValidationError("--prometheus-token-file needs --prometheus-url.") }
            guard FileManager.default.isReadableFile(atPath: file) else {
                throw ValidationError("--prometheus-token-file: can't read \(file).")
            }
        }
        let entries = probeAllow.isEmpty ? [Environment["PROBE_ALLOW"] ?? ""] : probeAllow
        let allow = entries.flatMap { $0.split(separator: ",") }
            .map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
        do {
            let address = try url.map { try PrometheusAddress(url: $0, tokenFile: file) }
            return try GateSettings(prometheus: address, probeAllow: allow)
        } catch let error as RegistryError {
            throw ValidationError("\(error.detail) (--prometheus-url, --probe-allow)")
        }
    }
}
