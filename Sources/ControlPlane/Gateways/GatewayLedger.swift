import Registry
import Store
import Synchronization

/// Which gateways there are, how far each one is, and whether its lease runs: in memory, for each poll renews one.
///
/// That a gateway exists is durable before its first answer; how far it is and when it was last heard is written
/// behind by a reconciler. Leases are measured on a clock that never goes back. After a start nothing is known of
/// the last contacts, so every gateway on the list counts as live for a whole lease: a gateway that polled the
/// moment before the restart must not be taken for gone.
public final class GatewayLedger: Sendable {
    private struct Entry {
        var record: GatewayRecord
        /// The last contact; for one that has not been heard of since the start, the start itself.
        var contact: ContinuousClock.Instant
        var unsaved: Bool

        func leaseLeft(at uptime: ContinuousClock.Instant) -> Duration {
            contact + Limits.leaseDuration - uptime
        }
    }

    private let entries: Mutex<[String: Entry]>
    /// Registrations that are being written, and whether their gateway has left meanwhile.
    private let registering = Mutex<[String: (count: Int, hasLeft: Bool)]>([:])
    private let clock: Clock
    /// A list, not a bare closure: that one, taken out of the mutex, Swift 6.3 puts back with two more thunks around
    /// it, each time.
    private let listeners = Mutex<[@Sendable () -> Void]>([])

    init(_ records: [GatewayRecord], clock: Clock) {
        self.clock = clock
        let start = clock.uptime()
        entries = Mutex(
            Dictionary(
                uniqueKeysWithValues: records.map {
                    ($0.id, Entry(record: $0, contact: start, unsaved: false))
                }))
    }

    /// `listener` hears of each gateway that has acknowledged another table than before; it must be quick.
    func onAdvance(_ listener: @escaping @Sendable () -> Void) { listeners.withLock { $0.append(listener) } }

    /// Renews the gateway's lease, and notes what it has applied.
    ///
    /// - Returns: false where the gateway is not on the list yet: it must be registered first.
    public func contact(_ id: String, applied: RevisionTag?) -> Bool {
        contact(id, applied: applied, digest: nil, error: nil) != nil
    }

    /// As `contact`, with what the gateway reports of itself; nil leaves a report as it is.
    public func contact(_ id: String, applied: RevisionTag?, digest: String?, error: String?) -> GatewayView?
    {
        let (now, uptime) = (clock.now(), clock.uptime())
        var hasAdvanced = false
        let view = entries.withLock { entries -> GatewayView? in
            guard let index = entries.index(forKey: id) else { return nil }
            var entry = entries.values[index]
            entry.record.contactAt = now
            if let applied {
                hasAdvanced = applied != entry.record.applied
                entry.record.applied = applied
            }
            if let digest { entry.record.digest = digest }
            if let error { entry.record.error = error }
            entry.contact = uptime
            entry.unsaved = true
            entries.values[index] = entry
            return GatewayView(entry.record, leaseLeft: Limits.leaseDuration, silence: .zero, now: now)
        }
        if hasAdvanced { for listener in listeners.withLock({ $0 }) { listener() } }
        return view
    }

    /// A registration begins, which `add` ends: whoever leaves in between must not be put on the list by it.
    func beginRegistering(_ id: String) {
        registering.withLock { $0[id, default: (0, false)].count += 1 }
    }

    /// Puts a gateway on the list, whose row is durable by now; nil: none has been written.
    ///
    /// - Returns: false where the gateway has been deregistered since its registration began.
    @discardableResult
    func add(_ record: GatewayRecord?, registering id: String) -> Bool {
        let contact = clock.uptime()
        return registering.withLock { registering in
            guard var known = registering.removeValue(forKey: id) else { return false }
            known.count -= 1
            if known.count > 0 { registering[id] = known }
            guard !known.hasLeft, let record else { return false }
            entries.withLock { entries in
                if entries[id] == nil {
                    entries[id] = Entry(record: record, contact: contact, unsaved: false)
                }
            }
            return true
        }
    }

    func forget(_ id: String) {
        registering.withLock { registering in
            registering[id]?.hasLeft = true
            entries.withLock { $0[id] = nil }
        }
    }

    public var count: Int { entries.withLock { $0.count } }

    public func view(of id: String) -> GatewayView? {
        let (now, uptime) = (clock.now(), clock.uptime())
        return entries.withLock { $0[id] }.map {
            GatewayView(
                $0.record, leaseLeft: $0.leaseLeft(at: uptime), silence: uptime - $0.contact, now: now)
        }
    }

    /// All of them, by name.
    public func views() -> [GatewayView] {
        let (now, uptime) = (clock.now(), clock.uptime())
        return entries.withLock { Array($0.values) }
            .map {
                GatewayView(
                    $0.record, leaseLeft: $0.leaseLeft(at: uptime), silence: uptime - $0.contact, now: now)
            }
            .sorted { $0.record.id < $1.record.id }
    }

    /// At most `limit` records that differ from their rows.
    func unsaved(limit: Int) -> [GatewayRecord] {
        entries.withLock { $0.values.lazy.filter(\.unsaved).prefix(limit).map(\.record) }
    }

    /// These are written; one that has been heard of since stays unsaved.
    func saved(_ records: [GatewayRecord]) {
        entries.withLock { entries in
            for record in records where entries[record.id]?.record == record {
                entries[record.id]?.unsaved = false
            }
        }
    }
}

/// A gateway as it is now.
public struct GatewayView: Sendable, Equatable {
    public var record: GatewayRecord
    public var isLive: Bool
    public var leaseEndsAt: Timestamp
    /// Since the last contact, or since the start of this process where there has been none.
    public var silence: Duration

    init(_ record: GatewayRecord, leaseLeft: Duration, silence: Duration, now: Timestamp) {
        self.record = record
        self.silence = silence
        isLive = leaseLeft > .zero
        leaseEndsAt = now.advanced(byMilliseconds: leaseLeft.milliseconds)
    }

    /// How many revisions it is behind a table; nil where it has applied none of that incarnation.
    public func lag(behind table: RevisionTag) -> Int64? {
        guard let applied = record.applied, applied.incarnation == table.incarnation else { return nil }
        return max(0, table.revision.rawValue - applied.revision.rawValue)
    }

    /// True where it has applied `tag` or later of the same incarnation.
    public func hasApplied(_ tag: RevisionTag) -> Bool {
        record.applied.map { $0.incarnation == tag.incarnation && $0.revision >= tag.revision } ?? false
    }
}
