import JSON

/// The handle of work that outlives its request.
public struct Operation: Sendable, Equatable {
    /// A cell that is to be empty in the end.
    public struct Leaving: Sendable, Equatable {
        public var cell: CellID
        /// As it was before: what a cancel gives back.
        public var schedulable: Bool

        public init(cell: CellID, schedulable: Bool) {
            self.cell = cell
            self.schedulable = schedulable
        }
    }

    public var id: OperationID
    /// The revision of the event that made it: lists are in this order.
    public var number: Int64
    public var kind: OperationKind
    public var life: OperationLife
    /// The path of what it is about: `/v1/cells/cell-7`.
    public var resource: String
    public var options: MigrationOptions
    /// What the request said beside the options, where it is short: where from and to, for how long.
    public var asked: JSONObject
    public var leaving: [Leaving]
    /// The migration whose moves it takes back.
    public var reverses: OperationID?
    /// Digest of every tenant's source and target as planned.
    public var plan: String

    public var total: Int64
    public var completed: Int64
    public var failed: Int64
    /// At its end: what is left, and what stood in the way. While it runs these are observed, and not kept.
    public var blockers: [Blocker]
    /// What was observed that shows it done.
    public var evidence: JSONObject

    public var actor: String
    public var reason: String
    public var createdAt: Timestamp
    public var deadlineAt: Timestamp
    public var updatedAt: Timestamp
    public var endedAt: Timestamp?
    public var revision: Revision

    public init(
        id: OperationID, kind: OperationKind, resource: String, options: MigrationOptions, leaving: [Leaving],
        reverses: OperationID?, plan: String, total: Int64, actor: String, reason: String,
        createdAt: Timestamp
    ) {
        self.id = id
        number = 0
        self.kind = kind
        self.life = OperationLife(.running)
        self.resource = resource
        self.options = options
        asked = [:]
        self.leaving = leaving
        self.reverses = reverses
        self.plan = plan
        self.total = total
        completed = 0
        failed = 0
        blockers = []
        evidence = [:]
        self.actor = actor
        self.reason = reason
        self.createdAt = createdAt
        deadlineAt = createdAt.advanced(byMilliseconds: options.deadline.milliseconds)
        updatedAt = createdAt
        revision = .zero
    }

    /// From tries of its tenants that came to nothing, so many in a row, until they are planned anew: twice as long each
    /// time.
    public static func pauseBeforePlanning(afterFailures failures: Int) -> Duration {
        min(.seconds(Int64(1) << min(max(failures, 0), 20)), Limits.planningPauseMax)
    }

    /// Operations are kept as long after their end.
    public var expiresAt: Timestamp? {
        endedAt?.advanced(byMilliseconds: Limits.operationLifetime.milliseconds)
    }
}

extension Operation {
    /// What was asked for: written once, read back by `init(stored:)`.
    public var spec: JSONObject {
        var object = options.document
        for (name, value) in asked { object[name] = value }
        if !leaving.isEmpty {
            object["cells"] = .array(
                leaving.map { ["cell": .string($0.cell.rawValue), "schedulable": .bool($0.schedulable)] })
        }
        if let reverses {
            object[kind == .restoration ? "restores" : "reverses"] = .string(reverses.rawValue)
        }
        object["plan"] = .string(plan)
        return object
    }

    /// What the API shows of `spec`: the override stands on the operation, and the plan's digest says nothing to people.
    public var shownSpec: JSONObject {
        var object = spec
        object["override"] = nil
        object["plan"] = nil
        return object
    }

    /// All that `asked` may hold.
    private static let askedNames = [
        "from", "to", "selector", "zone", "expiresIn", "until", "stepPercent", "stepPause", "band",
        "threshold",
        "maxMoves", "zones",
    ]

    /// The parts of a kept `spec`.
    public static func parts(
        ofSpec spec: JSONValue
    ) throws(RegistryError) -> (
        MigrationOptions, asked: JSONObject, [Leaving], reverses: OperationID?, plan: String
    ) {
        let reader = try DocumentReader(spec)
        reader.ignore("cells", "reverses", "restores", "plan")
        var asked = JSONObject()
        for name in askedNames where reader.has(name) {
            asked[name] = spec[name]
            reader.ignore(name)
        }
        let options = MigrationOptions(from: reader)
        try reader.finish()
        let leaving = (spec["cells"]?.array ?? []).compactMap { entry -> Leaving? in
            guard let cell = entry["cell"]?.string.flatMap(CellID.init),
                let schedulable = entry["schedulable"]?.bool
            else { return nil }
            return Leaving(cell: cell, schedulable: schedulable)
        }
        return (
            options, asked, leaving, (spec["reverses"] ?? spec["restores"])?.string.flatMap(OperationID.init),
            spec["plan"]?.string ?? ""
        )
    }

    /// What the audit keeps of it: what operators and its end have decided, not its progress.
    public var document: JSONValue {
        var object: JSONObject = [
            "id": .string(id.rawValue), "kind": .string(kind.rawValue), "state": .string(life.state.rawValue),
            "resource": .string(resource), "total": .integer(total), "spec": .object(spec),
        ]
        object["intent"] = .string(life.intent)
        if endedAt != nil {
            object["completed"] = .integer(completed)
            object["failed"] = .integer(failed)
            object["evidence"] = .object(evidence)
        }
        return .object(object)
    }
}
