import API
import Bytes
import Compression
import ControlPlane
import Foundation
import HTTPServer
import Logging
import Registry
import SQLite
import Store
import Synchronization
import Telemetry

/// What is around the service: it hears what its parts report, and knows whether the whole is ready.
final class Surroundings: Sendable {
    let instruments: Instruments
    private let state = Mutex(State.starting)
    private let driver = Mutex<ReconcilerDriver?>(nil)

    private enum State: String {
        case starting
        case ready
        case stopping
    }

    init(version: String, level: Logger.Level, traces: TraceConfiguration?) {
        let logger = Logger(label: "control-plane") { JSONLogHandler(label: $0, level: level) }
        let metrics = Metrics(
            build: Metrics.Build(
                version: version, swift: Versions.swift, sqlite: Versions.sqlite,
                microhttpd: HTTPServer.libraryVersion))
        instruments = Instruments(
            metrics: metrics, logger: logger, tracer: Tracer(traces, metrics: metrics, logger: logger))
    }

    private var logger: Logger { instruments.logger }
    private var metrics: Metrics { instruments.metrics }

    // MARK: The service's life

    func wroteAdminToken(at path: String) {
        logger.notice("wrote the first admin token", metadata: ["path": "\(path)"])
    }

    func secretIsExposed(at path: String) {
        logger.warning("the webhook secret is readable by every user", metadata: ["path": "\(path)"])
    }

    func started(main: BoundAddress, health: BoundAddress, dataDir: String) {
        state.withLock { $0 = .ready }
        logger.notice(
            "serving",
            metadata: [
                "listen": "\(main.host):\(main.port)", "healthListen": "\(health.host):\(health.port)",
                "dataDir": "\(dataDir)",
            ])
    }

    func stopping() {
        state.withLock { $0 = .stopping }
        logger.notice("stopping")
    }

    func stopped() {
        _ = instruments.tracer.shutdown(within: .milliseconds(500))
        logger.notice("stopped")
    }

    /// The disk's state is unknown: nothing that is in memory may be served any more. The writers that wait are
    /// answered by now; a fifth of a second lets those answers out.
    func endProcess(because error: any Error) {
        logger.critical("the store failed, ending", metadata: ["error": "\(error)"])
        DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(200)) { _exit(70) }
    }

    func storeFailed(_ error: any Error) { logger.error("store failed", metadata: ["error": "\(error)"]) }

    func reconcilerFailed(_ name: String, _ error: any Error) {
        metrics.reconcilerFailures[name].add()
        logger.error("reconciler failed", metadata: ["reconciler": "\(name)", "error": "\(error)"])
    }

    // MARK: Figures

    /// Has each scrape read what the parts know of themselves.
    func observe(
        _ controlPlane: ControlPlane, _ store: Store, _ servers: [HTTPServer], _ driver: ReconcilerDriver
    ) {
        self.driver.withLock { $0 = driver }
        metrics.beforeScrape { metrics in
            metrics.httpConnections.set(servers.reduce(0) { $0 + $1.gauges.connections })
            metrics.watches.set(servers.reduce(0) { $0 + $1.gauges.watches })
            metrics.walBytes.set(store.walBytes)
            metrics.revision.set(Int(controlPlane.revision.revision.rawValue))
            let table = controlPlane.routing.current
            metrics.routingRevision.set(Int(table.revision.rawValue))
            metrics.tenants.set(table.tenantCount)
            for (name, encoding) in [("identity", nil), ("gzip", .gzip), ("zstd", .zstd)]
                as [(String, ContentEncoding?)]
            {
                if let ready = table.readyTable(encoding) { metrics.routingTableBytes[name].set(ready.count) }
            }
            Self.observe(controlPlane.gateways.views(), beside: table.tag, metrics)
            if let cells = try? controlPlane.cells(CellFilter(), Page(limit: Limits.cellsMax)) {
                Self.observe(cells, metrics)
            }
        }
    }

    private static func observe(_ gateways: [GatewayView], beside table: RevisionTag, _ metrics: Metrics) {
        let live = gateways.filter(\.isLive)
        metrics.gateways["live"].set(live.count)
        metrics.gateways["expired"].set(gateways.count - live.count)
        let lags = live.compactMap { $0.lag(behind: table) }.map(Int.init)
        for lag in lags { metrics.gatewayLag.record(lag) }
        metrics.gatewayLagMax.set(lags.max() ?? 0)
    }

    private static func observe(_ cells: [CellRecord], _ metrics: Metrics) {
        let groups = Dictionary(grouping: cells) { [$0.cell.zone, $0.cell.state.rawValue] }
        metrics.cells.replaceAll(groups.map { ($0.key, $0.value.count) })
        metrics.cellCapacity.replaceAll(cells.map { ([$0.cell.id.rawValue], Int($0.cell.capacity)) })
        metrics.cellLoad.replaceAll(cells.map { ([$0.cell.id.rawValue], Int($0.load)) })
    }
}

extension Surroundings: ServiceStatus {
    var unready: String? {
        let state = state.withLock { $0 }
        return state == .ready ? nil : state.rawValue
    }

    var reconcilers: [ReconcilerReport] { driver.withLock { $0 }?.reports ?? [] }
}

extension Surroundings: DatabaseObserver {
    func committed(jobs: Int, duration: Duration) {
        metrics.commitDuration.record(duration)
        metrics.commitBatchSize.record(jobs)
    }

    func checkpointed(walPages: Int, duration: Duration) { metrics.checkpointDuration.record(duration) }
}
