import ArgumentParser
import JSON

/// The question that the catalog is there for: what could not be restored right now?
struct BackupCoverage: RegistryCommand {
    static let configuration = CommandConfiguration(
        commandName: "coverage",
        abstract: "Show what could not be restored right now, cell by cell and namespace by namespace.",
        discussion: """
            What is covered is counted, and shown with --all.

            EXAMPLES:
              cellctl backups coverage
              cellctl backups coverage --all -o wide
              cellctl backups coverage --check || page-someone
            """)

    @Flag(help: "Show what is covered too.") var all = false
    @Flag(help: "Fail where anything is not covered.") var check = false
    @OptionGroup(title: "Global Options") var global: GlobalOptions

    private static let noun = Noun(
        "target", plural: "targets", idField: "target",
        columns: [
            Column("TARGET", "target"), Column("VERDICT", "", .made { word($0) }), Column("AGE", "age"),
            Column("RPO", "rpo"), Column("NEWEST GOOD", "newestGood"), Column("WHY", "why"),
            Column("VERIFIED", "lastVerification", .age, wide: true),
            Column("DRILL", "lastDrill", .age, wide: true), Column("TOOK", "drillDuration", wide: true),
            Column("RTO", "rto", wide: true), Column("MISSED", "missed", .number, wide: true),
            Column("STUCK", "stuck", .number, wide: true), Column("FAILED", "failed", .number, wide: true),
            Column("SCHEDULES", "schedules", .list, wide: true),
        ])

    func run(in session: Session) throws(CommandFailure) {
        let answer = try session.api.send(APIRequest("GET", BackupResource.noun.path + ":coverage")).body
        let rows = (answer["items"]?.array ?? []).map(Self.named)
        let gaps = rows.filter(Self.isGap)
        if try !session.showDocument(answer) {
            let shown = all || session.format == .name && !check ? rows : gaps
            if !shown.isEmpty {
                session.showRows(
                    shown.sorted { Self.rank($0) < Self.rank($1) }, Self.noun, alarm: Self.isAlarm)
            }
            if session.isForPeople { showSum(rows, gaps, session) }
        }
        if check, !gaps.isEmpty {
            throw .incomplete("\(gaps.count) of \(rows.count) are not covered", .notCovered)
        }
    }

    private func showSum(_ rows: [JSONValue], _ gaps: [JSONValue], _ session: Session) {
        let paint = session.paint
        if gaps.isEmpty {
            session.console.print(paint.good("\(rows.count) of \(rows.count) are covered"))
        } else {
            let counts = Self.verdicts.compactMap { verdict in
                let count = gaps.count { $0["verdict"]?.string == verdict }
                return count > 0 ? "\(count) \(verdict)" : nil
            }
            session.console.print("")
            session.console.print(
                paint.bad("\(gaps.count) of \(rows.count) are not covered")
                    + ": \(counts.joined(separator: ", "))")
        }
    }

    /// The worst first.
    private static let verdicts = ["uncovered", "late", "failing", "unverified"]

    private static func rank(_ row: JSONValue) -> Int {
        verdicts.firstIndex { $0 == row["verdict"]?.string } ?? verdicts.count
    }

    private static func isGap(_ row: JSONValue) -> Bool { row["verdict"]?.string != "covered" }

    /// There is nothing to restore from, or it is too old.
    private static func isAlarm(_ row: JSONValue) -> Bool { rank(row) < 2 }

    /// Where a table has no colours, the gaps jump out all the same.
    private static func word(_ row: JSONValue) -> String {
        let verdict = row["verdict"]?.string ?? ""
        return isAlarm(row) ? verdict.uppercased() : verdict
    }

    /// With `target`, as in `cell/cell-1`.
    private static func named(_ row: JSONValue) -> JSONValue {
        guard case .object(var object) = row else { return row }
        for kind in ["cell", "namespace"] {
            if let name = row[kind]?.string { object["target"] = .string("\(kind)/\(name)") }
        }
        if object["target"] == nil { object["target"] = "registry" }
        return .object(object)
    }
}
