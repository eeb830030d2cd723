import JSON

/// What `PUT /v1/policies` sets: the figures of the safety rules. Left out means the default.
public struct SafetyPolicies: Sendable, Equatable {
    /// Stops automatic steps when many cells turn bad at once: more likely the judge is wrong, or the cause is common.
    public struct MassFailureBrake: Sendable, Equatable {
        /// The brake holds above this share of the active cells. 1 to 100.
        public var unhealthyPercent: Int64
        /// And only from so many cells on.
        public var cellsMin: Int64

        public init(unhealthyPercent: Int64 = 25, cellsMin: Int64 = 3) {
            self.unhealthyPercent = unhealthyPercent
            self.cellsMin = cellsMin
        }
    }

    /// Zones that keep at least one active cell; 0 asks nothing.
    public var activeZonesMin: Int64
    /// Cells that may drain at the same time; 0 allows no drain.
    public var drainingCellsMax: Int64
    /// Of the capacity of the cells that stay in service, the share that must be left once they carry every tenant.
    public var remainingCapacityPercentMin: Int64
    public var massFailureBrake: MassFailureBrake
    public var changeCalendar: ChangeCalendar

    public init(
        activeZonesMin: Int64 = 1, drainingCellsMax: Int64 = 10, remainingCapacityPercentMin: Int64 = 0,
        massFailureBrake: MassFailureBrake = MassFailureBrake(),
        changeCalendar: ChangeCalendar = ChangeCalendar()
    ) {
        self.activeZonesMin = activeZonesMin
        self.drainingCellsMax = drainingCellsMax
        self.remainingCapacityPercentMin = remainingCapacityPercentMin
        self.massFailureBrake = massFailureBrake
        self.changeCalendar = changeCalendar
    }

    /// - Throws: `invalidArgument` with every field that is wrong.
    public init(document: JSONValue) throws(RegistryError) {
        let reader = try DocumentReader(document)
        reader.ignore("revision", "previousRevision", "updatedAt")
        let usual = SafetyPolicies()
        let activeZonesMin = reader.integer("activeZonesMin", in: 0...Limits.activeZonesMinMax)
        let drainingCellsMax = reader.integer("drainingCellsMax", in: 0...Int64(Limits.cellsMax))
        let remaining = reader.integer("remainingCapacityPercentMin", in: 0...100)
        let brake = reader.nested("massFailureBrake") { brake in
            MassFailureBrake(
                unhealthyPercent: brake.integer("unhealthyPercent", in: 1...100)
                    ?? usual.massFailureBrake.unhealthyPercent,
                cellsMin: brake.integer("cellsMin", in: 1...Int64(Limits.cellsMax))
                    ?? usual.massFailureBrake.cellsMin)
        }
        let calendar = ChangeCalendar(from: reader, field: "changeCalendar")
        try reader.finish()
        self.init(
            activeZonesMin: activeZonesMin ?? usual.activeZonesMin,
            drainingCellsMax: drainingCellsMax ?? usual.drainingCellsMax,
            remainingCapacityPercentMin: remaining ?? usual.remainingCapacityPercentMin,
            massFailureBrake: brake ?? usual.massFailureBrake, changeCalendar: calendar)
    }

    /// Every figure, the defaults too: what is kept, and what GET shows.
    public var document: JSONValue {
        [
            "activeZonesMin": .integer(activeZonesMin), "drainingCellsMax": .integer(drainingCellsMax),
            "remainingCapacityPercentMin": .integer(remainingCapacityPercentMin),
            "massFailureBrake": [
                "unhealthyPercent": .integer(massFailureBrake.unhealthyPercent),
                "cellsMin": .integer(massFailureBrake.cellsMin),
            ],
            "changeCalendar": changeCalendar.document,
        ]
    }
}
