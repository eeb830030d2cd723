import ArgumentParser
import JSON
import Registry

enum ZoneResource: Resource {
    static let noun = Noun(
        "zone", plural: "zones", path: "/v1/zones", idField: "zone",
        columns: [
            Column("ZONE", "zone"), Column("CELLS", "cells", .pairs), Column("TENANTS", "tenants", .number),
            Column("LOAD", "load", .number), Column("CAPACITY", "capacity", .number),
            Column("USED", "", .percent("load", of: "capacity")), Column("HEADROOM", "headroom", .number),
            Column("EVACUATION", "", .made(evacuation)),
        ])

    /// All zones are answered at once: the server knows no `limit` here.
    static let cursorName: String? = nil

    /// `op-7 running, until 2026-01-31T16:00:00Z`.
    private static func evacuation(_ zone: JSONValue) -> String {
        guard let evacuation = zone["evacuation"], let operation = evacuation["operation"]?.string else {
            return ""
        }
        let end =
            (evacuation["expiresAt"]?.string ?? evacuation["until"]?.string).map { ", until \($0)" } ?? ""
        return "\(operation) \(evacuation["state"]?.string ?? "")\(end)"
    }
}

struct Zones: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "The zones: what they hold, evacuate one, bring its tenants back.",
        subcommands: [List<ZoneResource>.self, Evacuate.self, Restore.self])

    struct Evacuate: RegistryCommand {
        static let configuration = CommandConfiguration(
            abstract: "Drain every cell of a zone.",
            discussion: """
                Say for how long: until a time has passed (--expires-in), or until 'zones restore' (--until-restored). \
                What the other zones can't take is told before anything moves.

                EXAMPLES:
                  cellctl zones evacuate us-east-1a --expires-in 4h --dry-run
                  cellctl zones evacuate us-east-1a --expires-in 4h --wait --reason power
                  cellctl zones evacuate us-east-1a --until-restored
                """)

        @Argument(help: "The zone.") var zone: String
        @Option(help: "How long the evacuation holds, such as 4h.") var expiresIn: GoDuration?
        @Flag(help: "The evacuation holds until 'zones restore'.") var untilRestored = false
        @OptionGroup(title: "Move Options") var pinned: PinnedOption
        @OptionGroup(title: "Move Options") var moves: MoveOptions
        @OptionGroup(title: "Write Options") var write: WriteOptions
        @OptionGroup(title: "Write Options") var waiting: OperationWaitOptions
        @OptionGroup(title: "Global Options") var global: GlobalOptions

        func validate() throws {
            if (expiresIn != nil) == untilRestored {
                throw ValidationError("say for how long: --expires-in 4h, or --until-restored")
            }
        }

        func run(in session: Session) throws(CommandFailure) {
            var body = JSONObject()
            if let expiresIn { body["expiresIn"] = .string(expiresIn.duration.go) }
            if untilRestored { body["until"] = "restored" }
            if pinned.includePinned { body["includePinned"] = true }
            let path = ZoneResource.noun.path(zone, ":evacuate")
            try session.start(
                write.applied(to: APIRequest("POST", path, body: .json(moves.body(body)))),
                dryRun: write.dryRun, waiting)
        }
    }

    struct Restore: RegistryCommand {
        static let configuration = CommandConfiguration(
            abstract: "End a zone's evacuation: its tenants come back in steps.",
            discussion: """
                EXAMPLES:
                  cellctl zones restore us-east-1a --dry-run
                  cellctl zones restore us-east-1a --wait --step-percent 10 --step-pause 5m
                """)

        @Argument(help: "The zone.") var zone: String
        @Option(help: "The share of the tenants that comes back in each step: 1 to 100.") var stepPercent:
            Int?
        @Option(help: "Between the beginnings of two steps, such as 5m.") var stepPause: GoDuration?
        @OptionGroup(title: "Move Options") var moves: MoveOptions
        @OptionGroup(title: "Write Options") var write: WriteOptions
        @OptionGroup(title: "Write Options") var waiting: OperationWaitOptions
        @OptionGroup(title: "Global Options") var global: GlobalOptions

        func validate() throws {
            if let stepPercent, !(1...100).contains(stepPercent) {
                throw ValidationError("--step-percent must be 1 to 100")
            }
        }

        func run(in session: Session) throws(CommandFailure) {
            var body = JSONObject()
            if let stepPercent { body["stepPercent"] = .integer(Int64(stepPercent)) }
            if let stepPause { body["stepPause"] = .string(stepPause.duration.go) }
            let path = ZoneResource.noun.path(zone, ":restore")
            try session.start(
                write.applied(to: APIRequest("POST", path, body: .json(moves.body(body)))),
                dryRun: write.dryRun, waiting)
        }
    }
}
