import API
import ControlPlane
import HTTP
import HTTPServer
import Logging
import Registry
import Store
import Telemetry

/// How the server is to run.
struct ServiceSettings {
    struct TLS {
        var certificate: String
        var key: String
        var clientAuthorities: String?
        var requiresClientCertificate: Bool
    }

    var folder: DataFolder
    var main: Address
    var health: Address
    /// Nil: nothing without a token.
    var anonymousRole: Role?
    var tls: TLS?
    var webhooks: WebhookSettings
    /// Nil: rollouts are for others to carry out.
    var kubernetes: KubernetesSettings?
    /// Where the webhooks' secret lies, if every user of the machine can read it.
    var exposedWebhookSecretFile: String?
    var gates: GateSettings
    var logLevel: Logger.Level
    /// Nil: no traces.
    var traces: TraceConfiguration?
    /// Of the main listener. Nil: what `ServerLimits` has.
    var connectionsMax: Int?
    var watchesMax: Int?
}

/// The running whole: it only wires. Started from the store outwards, stopped the other way round.
struct Service {
    private let store: Store
    private let servers: [HTTPServer]
    private let reconcilers: Task<Void, Never>
    private let surroundings: Surroundings

    static func start(_ settings: ServiceSettings) async throws -> Service {
        let surroundings = Surroundings(
            version: Version.current, level: settings.logLevel, traces: settings.traces)
        if let path = settings.exposedWebhookSecretFile { surroundings.secretIsExposed(at: path) }
        try settings.folder.prepare()
        let store = try settings.folder.open { path in
            Store.Configuration(
                path: path, clock: Clock.system.now, report: { surroundings.storeFailed($0) },
                onFatal: { surroundings.endProcess(because: $0) }, observer: surroundings)
        }
        do {
            let controlPlane = try ControlPlane(
                store: store, clock: .system, webhooks: settings.webhooks, gates: settings.gates,
                kubernetes: settings.kubernetes)
            try await makeAdminToken(controlPlane, settings.folder, surroundings)
            let driver = ReconcilerDriver(Reconcilers.all(of: controlPlane), clock: .system) { name, error in
                surroundings.reconcilerFailed(name, error)
            }
            let endpoints = Endpoints(
                controlPlane: controlPlane,
                settings: APISettings(anonymousRole: settings.anonymousRole, version: Version.current),
                instruments: surroundings.instruments, status: surroundings)
            let servers = [
                HTTPServer(
                    configuration: configuration(settings.main, settings.tls, mainLimits(settings)),
                    handler: APIHandler(endpoints, listener: .main)),
                HTTPServer(
                    configuration: configuration(settings.health, nil, limits),
                    handler: APIHandler(endpoints, listener: .health)),
            ]
            surroundings.observe(controlPlane, store, servers, driver)
            let addresses = try servers.map { try $0.start() }
            let reconcilers = Task { await driver.run() }
            surroundings.started(main: addresses[0], health: addresses[1], dataDir: settings.folder.path)
            return Service(
                store: store, servers: servers, reconcilers: reconcilers, surroundings: surroundings)
        } catch {
            store.close()
            throw error
        }
    }

    /// Answers what is in flight, releases the long polls, ends the reconcilers, checkpoints.
    func stop(within limit: Duration) async {
        surroundings.stopping()
        await withTaskGroup { group in
            for server in servers { group.addTask { await server.shutdown(within: limit) } }
        }
        reconcilers.cancel()
        await reconcilers.value
        store.close()
        surroundings.stopped()
    }

    private static func configuration(
        _ address: Address, _ tls: ServiceSettings.TLS?, _ limits: ServerLimits
    ) -> ServerConfiguration {
        ServerConfiguration(
            host: address.host, port: address.port, limits: limits,
            tls: tls.map {
                TLSConfiguration(
                    certificate: $0.certificate, key: $0.key, clientAuthorities: $0.clientAuthorities,
                    clientCertificate: $0.clientAuthorities == nil
                        ? .none : $0.requiresClientCertificate ? .require : .request)
            },
            problem: { ServerProblems.response(to: $0) })
    }

    private static let limits: ServerLimits = {
        var limits = ServerLimits()
        limits.bodyBytesMax = Limits.importBytesMax
        return limits
    }()

    private static func mainLimits(_ settings: ServiceSettings) -> ServerLimits {
        var main = limits
        main.connectionsMax = settings.connectionsMax ?? main.connectionsMax
        main.watchesMax = settings.watchesMax ?? main.watchesMax
        return main
    }

    /// The first token of a new registry goes to a file that only this user can read.
    private static func makeAdminToken(
        _ controlPlane: ControlPlane, _ folder: DataFolder, _ surroundings: Surroundings
    ) async throws {
        guard try controlPlane.tokenRecords().isEmpty else { return }
        let secret = TokenSecret.random()
        // The file first: a crash in between leaves a file that the next start replaces, never a token nobody has.
        try folder.write(adminToken: secret)
        let context = ChangeContext(principal: .system, operation: "createToken", reason: "first start")
        _ = try await controlPlane.store.write(as: context) {
            try $0.insert(Principal(name: "admin", role: .admin), hash: secret.hash)
        }
        surroundings.wroteAdminToken(at: folder.adminToken)
    }
}
