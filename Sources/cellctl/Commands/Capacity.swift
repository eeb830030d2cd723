import ArgumentParser
import JSON

struct Capacity: RegistryCommand {
    static let configuration = CommandConfiguration(
        abstract: "How much room there is, and whether any one zone could be lost.",
        discussion: """
            With --check it ends with 12 where the loss of a zone does not fit into the others.

            EXAMPLES:
              cellctl capacity
              cellctl capacity --cells
              cellctl capacity --check || page-someone
            """)

    @Flag(help: "A row a zone, with what its loss would mean (the default).") var zones = false
    @Flag(help: "A row a cell.") var cells = false
    @Flag(help: "End with 12 where the loss of any one zone does not fit into the others.") var check = false
    @OptionGroup(title: "Global Options") var global: GlobalOptions

    static let zone = Noun(
        "zone", plural: "zones", idField: "zone",
        columns: [
            Column("ZONE", "zone"), Column("CELLS", "cells", .number), Column("LOAD", "load", .number),
            Column("CAPACITY", "capacity", .number), Column("USED", "", .percent("load", of: "capacity")),
            Column("HEADROOM", "headroom", .number), Column("IF IT IS LOST", "", .made(ifLost)),
            Column("RESERVED", "reserved", .number, wide: true),
        ])

    static let cell = Noun(
        "cell", plural: "cells", idField: "cell",
        columns: [
            Column("CELL", "cell"), Column("ZONE", "zone"), Column("STATE", "state"),
            Column("LOAD", "load", .number), Column("RESERVED", "reserved", .number),
            Column("CAPACITY", "capacity", .number), Column("USED", "", .percent("load", of: "capacity")),
            Column("HEADROOM", "headroom", .number),
        ])

    func run(in session: Session) throws(CommandFailure) {
        let answer = try session.api.send(APIRequest("GET", "/v1/capacity")).body
        let zoneRows = answer["zones"]?.array ?? []
        let lacking = zoneRows.filter(Self.isLacking)
        if try !session.showDocument(answer) {
            if cells { session.showRows(answer["cells"]?.array ?? [], Self.cell) }
            if zones || !cells {
                if cells, session.isForPeople { session.console.print("") }
                session.showRows(zoneRows + total(answer, session), Self.zone, alarm: Self.isLacking)
                if session.isForPeople { showVerdict(zoneRows, lacking, session) }
            }
        }
        if check, let first = lacking.first {
            let more = lacking.count > 1 ? " (and \(lacking.count - 1) more)" : ""
            throw .incomplete(
                "the loss of zone \((first["zone"]?.string ?? "?").printable)\(more) does not fit into the others",
                .doesNotFit)
        }
    }

    /// The sum of all zones as a last row, where people read it.
    private func total(_ answer: JSONValue, _ session: Session) -> [JSONValue] {
        guard session.isForPeople, let total = answer["total"]?.object else { return [] }
        var row = total
        row["zone"] = "total"
        if row["cells"]?.integer == nil { row["cells"] = .integer(Int64(answer["cells"]?.array?.count ?? 0)) }
        return [.object(row)]
    }

    private func showVerdict(_ zones: [JSONValue], _ lacking: [JSONValue], _ session: Session) {
        let paint = session.paint
        session.console.print("")
        for zone in lacking {
            let ifLost = zone["ifLost"]
            let cells = ifLost?["cellsToAdd"]?.integer ?? 0
            let add = cells > 0 ? "; \(cells) more \(cells == 1 ? "cell" : "cells") elsewhere would do" : ""
            let name = (zone["zone"]?.string ?? "?").printable
            session.console.print(
                paint.bad("ZONE \(name) LOST: DOES NOT FIT") + ", \(Self.shortfall(ifLost))\(add)")
            for line in ifLost?.blockerLines ?? [] { session.console.print(line) }
        }
        if lacking.isEmpty, !zones.isEmpty {
            session.console.print(paint.good("any one zone can be lost: the others take its tenants"))
        }
    }

    private static func isLacking(_ zone: JSONValue) -> Bool { zone["ifLost"]?["fits"]?.bool == false }

    private static func ifLost(_ zone: JSONValue) -> String {
        guard let fits = zone["ifLost"]?["fits"]?.bool else { return "" }
        return fits ? "fits" : "DOES NOT FIT, \(shortfall(zone["ifLost"]))"
    }

    /// `120 of 4000 tenants have no place`.
    private static func shortfall(_ ifLost: JSONValue?) -> String {
        "\(ifLost?["unplaceable"]?.integer ?? 0) of \(ifLost?["tenants"]?.integer ?? 0) tenants have no place"
    }
}
