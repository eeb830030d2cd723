import JSON

/// The body of an action on a rollout, which may be left out.
public struct RolloutActionRequest: Sendable, Equatable {
    /// What an action takes beside a reason.
    public enum Option: Sendable {
        case reason, wave, cells
    }

    public var reason: String?
    /// The wave that is meant; nil: the one that waits.
    public var wave: Int?
    /// Empty: all of them.
    public var cells: [CellID]

    /// - Throws: `invalidArgument` with every field that is wrong.
    public init(document: JSONValue, takes option: Option) throws(RegistryError) {
        let reader = try DocumentReader(document)
        reason = reader.string("reason", bytesMax: Limits.reasonBytesMax)
        wave = nil
        cells = []
        switch option {
        case .reason: break
        case .wave: wave = reader.integer("wave", in: 1...Int64(Limits.wavesInPlanMax)).map(Int.init)
        case .cells:
            cells =
                reader.list(
                    "cells", countMin: 1, countMax: Limits.cellsPerRolloutMax, Names.dnsLabelRule, CellID.init
                )
                ?? []
        }
        try reader.finish()
    }
}
