import JSON

/// How tenants are to be moved: what every request for a tenant migration may say.
public struct MigrationOptions: Sendable, Equatable {
    /// What is done at the deadline with batches that have not been cut over.
    public enum OnStragglers: String, Sendable, CaseIterable {
        /// They are taken back: their tenants stay where they are.
        case abort
        /// They wait on, and the operation names for whom.
        case wait
        /// They are cut over without the barrier. A gateway that was not waited for may write to the old cell.
        case force
    }

    /// How many batches may be in flight at once.
    public struct Parallel: Sendable, Equatable {
        public var total: Int
        public var perSource: Int
        public var perTarget: Int
    }

    /// Tenants that are frozen and cut over together.
    public var batchSize: Int
    public var parallel: Parallel
    /// The longest that a tenant's writes are refused for one attempt.
    public var freezeDeadline: Duration
    /// From the operation's start.
    public var deadline: Duration
    public var onStragglers: OnStragglers
    /// How long a way back is kept open after the cutover; zero: not at all.
    public var reverseWindow: Duration
    public var mover: MoverSpec
    /// Tenants that are pinned to their cell are moved too.
    public var includePinned: Bool
    public var override: SafetyOverride?

    public static let standard = MigrationOptions(
        batchSize: 250, parallel: Parallel(total: 32, perSource: 4, perTarget: 16),
        freezeDeadline: .seconds(10), deadline: .seconds(3600), onStragglers: .abort,
        reverseWindow: .seconds(3600), mover: .none, includePinned: false, override: nil)

    /// Reads the options among a request's other fields.
    ///
    /// - Parameters:
    ///   - standard: what holds where a field is left out.
    ///   - excluded: fields that this request does not take.
    public init(
        from reader: DocumentReader, standard: MigrationOptions = .standard, except excluded: Set<String> = []
    ) {
        let counts = { (key: String, inside: DocumentReader) -> Int? in
            inside.integer(key, in: 1...Int64(Limits.batchesInFlightMax)).map(Int.init)
        }
        let parallel = reader.nested("maxParallel") { inside in
            Parallel(
                total: counts("total", inside) ?? standard.parallel.total,
                perSource: counts("perSource", inside) ?? standard.parallel.perSource,
                perTarget: counts("perTarget", inside) ?? standard.parallel.perTarget)
        }
        self.init(
            batchSize: reader.integer("batchSize", in: 1...Int64(Limits.batchTenantsMax)).map(Int.init)
                ?? standard.batchSize,
            parallel: parallel ?? standard.parallel,
            freezeDeadline: reader.duration("freezeDeadline", in: Limits.freezeDeadlines)
                ?? standard.freezeDeadline,
            deadline: reader.duration("deadline", in: Limits.operationDeadlines) ?? standard.deadline,
            onStragglers: reader.choice("onStragglers") ?? standard.onStragglers,
            reverseWindow: excluded.contains("reverseWindow")
                ? standard.reverseWindow
                : reader.duration("reverseWindow", in: .zero...Limits.reverseWindowMax)
                    ?? standard.reverseWindow,
            mover: MoverSpec(from: reader, "mover") ?? standard.mover,
            includePinned: excluded.contains("includePinned")
                ? standard.includePinned : reader.bool("includePinned") ?? standard.includePinned,
            override: reader.nested("override") { SafetyOverride(from: $0) } ?? nil)
        if freezeDeadline > deadline {
            reader.report("freezeDeadline", "must not be longer than the deadline")
        }
    }

    private init(
        batchSize: Int, parallel: Parallel, freezeDeadline: Duration, deadline: Duration,
        onStragglers: OnStragglers, reverseWindow: Duration, mover: MoverSpec, includePinned: Bool,
        override: SafetyOverride?
    ) {
        self.batchSize = batchSize
        self.parallel = parallel
        self.freezeDeadline = freezeDeadline
        self.deadline = deadline
        self.onStragglers = onStragglers
        self.reverseWindow = reverseWindow
        self.mover = mover
        self.includePinned = includePinned
        self.override = override
    }

    /// As the operation keeps and shows them.
    public var document: JSONObject {
        var object: JSONObject = [
            "batchSize": .integer(Int64(batchSize)),
            "maxParallel": [
                "total": .integer(Int64(parallel.total)), "perSource": .integer(Int64(parallel.perSource)),
                "perTarget": .integer(Int64(parallel.perTarget)),
            ],
            "freezeDeadline": .string(freezeDeadline.goInWholeNumbers),
            "deadline": .string(deadline.goInWholeNumbers),
            "onStragglers": .string(onStragglers.rawValue),
            "reverseWindow": .string(reverseWindow.goInWholeNumbers),
            "mover": mover.document, "includePinned": .bool(includePinned),
        ]
        if let override { object["override"] = override.document }
        return object
    }
}
