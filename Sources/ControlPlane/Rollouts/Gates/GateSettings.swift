import HTTPClient
import Registry

/// What the operator of this server has said of gates: where Prometheus is, and which endpoints may be probed.
public struct GateSettings: Sendable {
    static let allowOption = "--probe-allow HOST[:PORT] when the server is started"

    /// Nil: no gate can ask it.
    public let prometheus: PrometheusAddress?
    let probeAllow: [AllowedDestination]

    /// No Prometheus, and probes of the networks where cells stand.
    public static let standard = GateSettings(prometheus: nil, probeAllow: privateNetworks)

    /// - Parameter probeAllow: `HOST[:PORT]`, with a name, an address or a network for the host; empty: private networks.
    /// - Throws: `invalidArgument` with the entry that is none.
    public init(prometheus: PrometheusAddress? = nil, probeAllow: [String] = []) throws(RegistryError) {
        guard probeAllow.count <= Limits.webhookAllowedMax else {
            throw RegistryError(
                .invalidArgument,
                "There are \(probeAllow.count) entries in the allow list of probes; \(Limits.webhookAllowedMax) are possible."
            )
        }
        var entries: [AllowedDestination] = []
        for text in probeAllow {
            guard let entry = AllowedDestination(text) else {
                throw RegistryError(
                    .invalidArgument,
                    "'\(text)' can't be allowed to probes: write cell-1.titan.internal, 10.1.2.3, 10.1.0.0/16 or [fd00::7], and :PORT behind it for one port alone."
                )
            }
            entries.append(entry)
        }
        self.init(prometheus: prometheus, probeAllow: entries.isEmpty ? Self.privateNetworks : entries)
    }

    private init(prometheus: PrometheusAddress?, probeAllow: [AllowedDestination]) {
        self.prometheus = prometheus
        self.probeAllow = probeAllow
    }

    /// RFC 1918, RFC 6598 (pods of some clouds) and RFC 4193. Neither loopback nor link-local, where a cloud's metadata
    /// is: whoever may write a cell's endpoints must not be able to look there.
    private static let privateNetworks = [
        "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7",
    ].compactMap(AllowedDestination.init)

    /// Whether this server can measure the gates.
    ///
    /// - Throws: `stateConflict`, for another server might; with the setting that is missing.
    public func check(_ gates: [Gate]) throws(RegistryError) {
        guard prometheus == nil else { return }
        let errors = gates.enumerated().compactMap { index, gate -> FieldError? in
            guard case .prometheus = gate.measure else { return nil }
            return FieldError(
                "strategy.gates[\(index)].type",
                "can't be prometheus: this server does not know where Prometheus is")
        }
        guard let first = errors.first else { return }
        throw RegistryError(
            .stateConflict, "The field '\(first.field)' \(first.message).", errors: errors,
            nextSteps: ["start the server with --prometheus-url URL", "leave the gate out"])
    }
}

extension ControlPlane {
    /// Whether this server can measure the gates.
    public func check(_ gates: [Gate]) throws(RegistryError) { try rollouts.gates.check(gates) }
}

/// Where Prometheus is, and who we are there.
public struct PrometheusAddress: Sendable, Equatable {
    /// Without a slash at its end; it may have a path (`https://metrics.example.com/prometheus`).
    let url: String
    /// Read anew for each question, since such tokens rotate.
    let tokenFile: String?

    /// - Throws: `invalidArgument` for what is no http or https URL.
    public init(url: String, tokenFile: String? = nil) throws(RegistryError) {
        do throws(ClientError) {
            _ = try Destination(url)
        } catch {
            throw RegistryError(.invalidArgument, "'\(url)' can't be Prometheus: \(error.message)")
        }
        guard !url.contains("?"), !url.contains("#") else {
            throw RegistryError(.invalidArgument, "'\(url)' can't be Prometheus: leave out '?' and '#'.")
        }
        var url = url
        while url.hasSuffix("/") { url.removeLast() }
        self.url = url
        self.tokenFile = tokenFile
    }
}
