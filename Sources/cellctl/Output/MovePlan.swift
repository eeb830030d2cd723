import JSON
import Registry

/// What a dry run of a drain, an evacuation, a rebalance or a migration answers: who would move where, what fits nowhere,
/// and what it makes of each cell.
struct MovePlan {
    let answer: JSONValue

    init(_ answer: JSONValue) { self.answer = answer }

    var token: String? { answer["plan"]?.string?.printable }
    var movesCount: Int { count("moves") }
    var unplaceableCount: Int { count("unplaceable") }
    /// Who would move, by id.
    var tenants: [String] { items("moves").map { ($0["tenant"]?.string ?? "").printable } }

    /// - Parameter wide: each move by itself, in place of a row a target.
    func lines(wide: Bool, now: Timestamp, _ paint: Paint) -> [String] {
        func table(_ rows: [JSONValue], _ columns: [Column], alarm: Bool = false) -> [String] {
            rows.isEmpty
                ? []
                : Table(columns: columns).lines(rows, now: now, paint: paint, alarm: { _ in alarm }) + [""]
        }
        var lines = (answer["effects"]?.array ?? []).compactMap(Effect.init).flatMap { $0.lines(paint) }
        if !lines.isEmpty { lines.append("") }
        lines += table(wide ? items("moves") : targets, wide ? Self.moveColumns : Self.targetColumns)
        let hidden = movesCount - items("moves").count
        if hidden > 0 { lines += ["… and \(hidden.counted("move")) that the answer does not list", ""] }
        if unplaceableCount > 0 {
            lines.append(paint.bad("fits nowhere:"))
            lines += table(items("unplaceable"), Self.unplaceableColumns, alarm: true)
            let hidden = unplaceableCount - items("unplaceable").count
            if hidden > 0 { lines += ["… and \(hidden) more", ""] }
        }
        lines += table(answer["cells"]?.array ?? [], Self.cellColumns)
        return lines + [summary]
    }

    /// `drain of cell-7: 200 tenants would move to 12 cells, 3 fit nowhere`.
    private var summary: String {
        let title = answer["result"]?["kind"]?.string.map { _ in
            Operation(answer["result"] ?? .null).title + ": "
        }
        guard movesCount + unplaceableCount > 0 else { return "\(title ?? "")nothing would move" }
        let cells = movesCount == items("moves").count ? " to \(targets.count.counted("cell"))" : ""
        let nowhere =
            unplaceableCount > 0
            ? ", \(unplaceableCount) \(unplaceableCount == 1 ? "fits" : "fit") nowhere" : ""
        return "\(title ?? "")\(movesCount.counted("tenant")) would move\(cells)\(nowhere)"
    }

    /// A row a target, in the order in which the moves name them.
    private var targets: [JSONValue] {
        var order: [String] = []
        var moves: [String: [JSONValue]] = [:]
        for move in items("moves") {
            let target = move["to"]?.string ?? ""
            if moves[target] == nil { order.append(target) }
            moves[target, default: []].append(move)
        }
        let zones = (answer["cells"]?.array ?? []).reduce(into: [String: JSONValue]()) { zones, cell in
            if let id = cell["cell"]?.string { zones[id] = cell["zone"] }
        }
        return order.map { target in
            let moves = moves[target, default: []]
            let load = moves.reduce(Int64(0)) { $0 + ($1["load"]?.integer ?? 0) }
            return [
                "to": .string(target), "zone": zones[target] ?? .null,
                "tenants": .integer(Int64(moves.count)),
                "load": .integer(load), "who": .array(moves.map { $0["tenant"] ?? .null }),
            ]
        }
    }

    private func count(_ name: String) -> Int {
        Int(answer[name]?["total"]?.integer ?? Int64(items(name).count))
    }

    private func items(_ name: String) -> [JSONValue] { answer[name]?["items"]?.array ?? [] }
}

extension MovePlan {
    private static let moveColumns = [
        Column("TENANT", "tenant"), Column("FROM", "from"), Column("TO", "to"),
        Column("LOAD", "load", .number),
    ]
    private static let targetColumns = [
        Column("TO", "to"), Column("ZONE", "zone"), Column("TENANTS", "tenants", .number),
        Column("LOAD", "load", .number), Column("WHO", "who", .first),
    ]
    private static let unplaceableColumns = [
        Column("TENANT", "tenant"), Column("FROM", "from"), Column("LOAD", "load", .number),
        Column(
            "WHY", "",
            .made {
                ($0["blockers"]?.array ?? []).compactMap { $0["message"]?.string }.joined(separator: "; ")
            }),
    ]
    private static let cellColumns = [
        Column("CELL", "cell"), Column("ZONE", "zone"), Column("LOAD BEFORE", "loadBefore", .number),
        Column("LOAD AFTER", "loadAfter", .number), Column("CAPACITY", "capacity", .number),
        Column("USED AFTER", "", .percent("loadAfter", of: "capacity")),
    ]
}
