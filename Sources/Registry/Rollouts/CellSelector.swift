import JSON

/// Which cells a rollout is for: those that are in one of the zones, carry all the labels, and are named. What is left out
/// narrows nothing, so that an empty selector takes every cell.
public struct CellSelector: Sendable, Equatable {
    public var labels: [String: String]
    public var zones: [String]
    public var cells: [CellID]

    public init(labels: [String: String] = [:], zones: [String] = [], cells: [CellID] = []) {
        self.labels = labels
        self.zones = zones
        self.cells = cells
    }

    init(from reader: DocumentReader) {
        self.init(
            labels: reader.labels("labels") ?? [:],
            zones: reader.list("zones", countMin: 1, countMax: Limits.placementZonesMax, Names.wordRule) {
                Names.isWord($0) ? $0 : nil
            } ?? [],
            cells: reader.list(
                "cells", countMin: 1, countMax: Limits.cellsPerRolloutMax, Names.dnsLabelRule, CellID.init)
                ?? [])
    }

    public var document: JSONValue {
        var object = JSONObject()
        if !labels.isEmpty { object["labels"] = .object(JSONObject(strings: labels)) }
        if !zones.isEmpty { object["zones"] = .array(zones.map { .string($0) }) }
        if !cells.isEmpty { object["cells"] = .array(cells.map { .string($0.rawValue) }) }
        return .object(object)
    }

    /// Retired cells are taken only where they are named, so that the answer can say what became of them.
    public func takes(_ cell: Cell) -> Bool {
        (cells.isEmpty ? cell.state != .retired : cells.contains(cell.id))
            && (zones.isEmpty || zones.contains(cell.zone))
            && labels.allSatisfy { cell.labels[$0.key] == $0.value }
    }
}
