import JSON

/// What a request for a restoration says.
public struct RestorationRequest: Sendable, Equatable {
    /// The share of the tenants that comes back in each step.
    public var stepPercent: Int
    /// Between the beginnings of two steps, at the least.
    public var stepPause: Duration
    public var options: MigrationOptions

    /// What the operation keeps of it, beside the options.
    public var asked: JSONObject {
        ["stepPercent": .integer(Int64(stepPercent)), "stepPause": .string(stepPause.go)]
    }

    public init(document: JSONValue) throws(RegistryError) {
        let reader = try DocumentReader(document)
        _ = reader.string("reason", bytesMax: Limits.reasonBytesMax)
        stepPercent = reader.integer("stepPercent", in: 1...100).map(Int.init) ?? Self.standardStepPercent
        stepPause =
            reader.duration("stepPause", in: .zero...Limits.reverseWindowMax) ?? Self.standardStepPause
        options = MigrationOptions(from: reader, except: ["includePinned"])
        options.includePinned = true
        try reader.finish()
    }

    private static let standardStepPercent = 25
    private static let standardStepPause = Duration.seconds(60)
}
