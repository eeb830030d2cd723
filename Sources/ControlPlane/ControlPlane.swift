import Registry
import Store
import Synchronization

/// What changes the registry, and what is answered from memory.
///
/// Every change goes through `change(_:_:)` into the store; after its commit, and only then, what memory holds
/// follows from the store's own events: the routing snapshot, the tokens. Reads of gateways never leave memory.
public final class ControlPlane: Sendable {
    public let store: Store
    public let incarnation: Incarnation
    public let routing: RoutingPublisher
    public let tokens: TokenTable
    public let gateways: GatewayLedger
    public let seals = SealLedger()
    let moves = Moves()
    let rollouts: Rollouts
    let backups = Backups()
    public let movers: Movers
    let webhooks: Webhooks
    /// Nil: rollouts are for others to carry out.
    let cluster: Cluster?
    public let clock: Clock
    /// Idempotency keys of requests that have not been answered yet.
    let running = Mutex<Set<IdempotencyKey>>([])
    /// The last revision that is in memory.
    private let published: Mutex<Revision>
    private let listeners = Mutex(Listeners())

    /// Who is told of changes, on the writer's thread; each must be quick.
    private struct Listeners {
        var committed: [@Sendable (Revision) -> Void] = []
        var routed: [@Sendable () -> Void] = []
    }

    /// Reads what memory holds from the store, and follows it from then on.
    public init(
        store: Store, clock: Clock, webhooks: WebhookSettings = .none, gates: GateSettings = .standard,
        kubernetes: KubernetesSettings? = nil
    ) throws {
        self.store = store
        self.clock = clock
        movers = Movers(webhooks, clock: clock)
        self.webhooks = Webhooks(webhooks)
        cluster = kubernetes.map { Cluster($0) }
        let feed = try store.read(timeLimit: .seconds(600)) { try RoutingFeed(loading: $0) }
        incarnation = feed.snapshot.incarnation
        routing = RoutingPublisher(feed.snapshot)
        published = Mutex(feed.revision)
        tokens = TokenTable(try store.read { try $0.tokens() })
        gateways = GatewayLedger(try store.read { try $0.gateways() }, clock: clock)
        moves.underWay.replace(try store.read { try $0.operationsUnderWay().map(\.id) })
        rollouts = Rollouts(clock, gates, after: try store.read { try $0.lastRolloutProgress() })
        rollouts.underWay.replace(try store.read { try $0.rolloutsUnderWay() })
        store.onCommit { [weak self] in self?.follow($0) }
        let advance = moves.advance
        gateways.onAdvance { advance.wake() }
    }

    /// The revision of the last committed change.
    public var revision: RevisionTag { RevisionTag(incarnation, published.withLock { $0 }) }

    /// `listener` hears of each commit that changed anything.
    public func onCommit(_ listener: @escaping @Sendable (Revision) -> Void) {
        listeners.withLock { $0.committed.append(listener) }
    }

    /// `listener` hears of each commit that gateways can see.
    public func onRouting(_ listener: @escaping @Sendable () -> Void) {
        listeners.withLock { $0.routed.append(listener) }
    }

    /// Brings memory up to what has been committed. On the writer's thread, before its writers are answered.
    private func follow(_ transaction: ReadTransaction) {
        do {
            let old = published.withLock { $0 }
            let update = try RoutingFeed.update(routing.current, after: old, from: transaction)
            guard update.revision > old else { return }
            if update.kinds.contains(.token) { tokens.replace(try transaction.tokens()) }
            for id in update.gatewaysGone { gateways.forget(id) }
            if update.kinds.contains(.operation) {
                moves.underWay.replace(try transaction.operationsUnderWay().map(\.id))
            }
            if update.kinds.contains(.operation) || !update.gatewaysGone.isEmpty { moves.advance.wake() }
            if update.kinds.contains(.rollout) {
                rollouts.underWay.replace(try transaction.rolloutsUnderWay())
            }
            if !update.kinds.isDisjoint(with: Rollouts.wokenBy) { rollouts.advance.wake() }
            if !update.kinds.isDisjoint(with: Backups.wokenBy) { backups.follow(update.kinds) }
            if !update.kinds.isDisjoint(with: Webhooks.wokenBy) { webhooks.deliver.wake() }
            let routed = update.snapshot.revision != routing.current.revision
            routing.publish(update.snapshot)
            published.withLock { $0 = update.revision }
            let told = listeners.withLock { $0 }
            if routed { for listener in told.routed { listener() } }
            for listener in told.committed { listener(update.revision) }
        } catch {
            // What is durable can't be shown: answers from memory would be wrong from here on.
            store.fail(error)
        }
    }
}
