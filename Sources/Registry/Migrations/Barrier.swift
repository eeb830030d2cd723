import JSON

/// The cutover's barrier: the proof that nobody writes to the source for the frozen tenants any more.
///
/// Two guards, either of which is enough. *Gateways*: each one on the list has acknowledged the freeze (F), or has
/// acknowledged the announcement (A) and is out: its lease has run out, so that it refuses the tenants that its table
/// shows as moving, and what it forwarded before has had its time to land (`Limits.flightTime`). One that has been
/// silent since before A must be waited for, until it deregisters or its table is past its lifetime. *Seal*: the source cell has acknowledged F on its ownership feed, and refuses the tenants itself.
public struct Barrier: Sendable, Equatable {
    /// A gateway, as the barrier looks at it.
    public struct Gateway: Sendable, Equatable {
        public var id: String
        /// The last routing revision that it has acknowledged in this incarnation; nil: none.
        public var applied: Revision?
        public var isLive: Bool
        /// Since its last contact, on a clock that never goes back, or since this process began.
        public var silence: Duration

        public init(id: String, applied: Revision?, isLive: Bool, silence: Duration) {
            self.id = id
            self.applied = applied
            self.isLive = isLive
            self.silence = silence
        }
    }

    /// Why a cutover was let through.
    public enum Guard: String, Sendable, CaseIterable {
        case gateways
        case seal
        /// Neither guard: the request said `force`, and the deadline has passed.
        case force
    }

    public enum Verdict: Sendable, Equatable {
        case held(Guard)
        case waiting([Blocker])
    }

    public var gateways: [Gateway]
    /// The revision that the source cell has acknowledged; nil: it follows no feed.
    public var seal: Revision?

    public init(gateways: [Gateway], seal: Revision?) {
        self.gateways = gateways
        self.seal = seal
    }

    /// Whether a freeze would be short: nobody is known who would hold it up.
    public func isReady(announced: Revision) -> Verdict {
        if let seal, seal >= announced { return .held(.seal) }
        return verdict(until: announced) { !$0.hasApplied(announced) || (!$0.isLive && !$0.isOut) }
    }

    /// Whether the frozen tenants may be cut over.
    public func isHeld(announced: Revision, frozen: Revision) -> Verdict {
        if let seal, seal >= frozen { return .held(.seal) }
        return verdict(until: frozen) { !$0.hasApplied(frozen) && !($0.hasApplied(announced) && $0.isOut) }
    }

    /// Whether every live gateway knows the cutover.
    public func isConfirmed(cutover: Revision) -> Verdict {
        verdict(until: cutover) { $0.isLive && !$0.hasApplied(cutover) }
    }

    /// What is kept of the moment at which a batch was let through: how each gateway stood, and the cell.
    ///
    /// - Parameter incarnation: of this database: a cell's revision means nothing without it.
    public func evidence(for batch: Batch, at now: Timestamp, in incarnation: Incarnation) -> JSONObject {
        let frozen = batch.frozen ?? .zero
        let applied = gateways.filter { $0.hasApplied(frozen) }
        let gone = gateways.filter { !$0.hasApplied(frozen) && $0.silence >= Limits.tableLifetime }
        let expired = gateways.filter { gateway in
            !gateway.hasApplied(frozen) && !gateway.isLive && !gone.contains(gateway)
        }
        func names(_ gateways: [Gateway]) -> JSONValue {
            .array(gateways.prefix(Limits.blockersShownMax).map { .string($0.id) })
        }
        return [
            "heldAt": .string(now.description),
            "gateways": [
                "applied": .integer(Int64(applied.count)), "expired": names(expired), "gone": names(gone),
            ],
            "seal": seal.map { .string(RevisionTag(incarnation, $0).description) } ?? .null,
        ]
    }

    private func verdict(until revision: Revision, blockedBy isBlocking: (Gateway) -> Bool) -> Verdict {
        let blocking = gateways.filter { $0.silence < Limits.tableLifetime && isBlocking($0) }
        return blocking.isEmpty ? .held(.gateways) : .waiting(blocking.map { $0.blocker(until: revision) })
    }
}

extension Barrier.Gateway {
    public func hasApplied(_ revision: Revision) -> Bool { applied.map { $0 >= revision } ?? false }

    /// It forwards nothing of a tenant that its table shows as moving, and nothing that it forwarded is on its way.
    var isOut: Bool { !isLive && silence >= Limits.leaseDuration + Limits.flightTime }

    /// - Parameter revision: what it is to acknowledge.
    func blocker(until revision: Revision) -> Blocker {
        let known =
            applied.map {
                $0 < revision ? "is at revision \($0), not yet at \(revision)" : "is at revision \($0)"
            }
            ?? "has acknowledged no table yet"
        let message =
            isLive
            ? known
            : "\(known) and has been silent for \(Duration.seconds(silence.components.seconds).go): if it is gone for good, DELETE /v1/gateways/\(id)"
        return Blocker(kind: "gateway", id: id, message: message)
    }
}
