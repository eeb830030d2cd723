import ArgumentParser
import JSON

enum RolloutResource: Resource {
    static let noun = Noun(
        "rollout", plural: "rollouts", path: "/v1/rollouts",
        columns: [
            Column("ID", "id"), Column("RELEASE", "release"), Column("STATE", "state"),
            Column("WAVE", "wave", .number), Column("DONE", "", .made(done)),
            Column("FAILED", "progress.failed", .number), Column("CAUSE", "cause.message"),
            Column("AGE", "createdAt", .age), Column("BY", "createdBy"),
            Column("REASON", "reason", wide: true), Column("ENDED", "endedAt", wide: true),
        ])

    struct Filters: ListFilters {
        @Option(help: "Only in this state: running, paused, awaitingApproval, rollingBack, succeeded, …")
        var state: String?
        @Option(help: "Only of this release.") var release: String?

        var query: [(String, String?)] { [("state", state), ("release", release)] }
    }

    private static func done(_ rollout: JSONValue) -> String {
        "\(rollout["progress"]?["completed"]?.integer ?? 0)/\(rollout["progress"]?["total"]?.integer ?? 0)"
    }
}

struct Rollouts: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Bring a release to cells, wave by wave.",
        subcommands: [
            Create.self, Preview.self, List<RolloutResource>.self, GetRollout.self, Cells.self,
            Watch.self, Act<Pause>.self, Act<Resume>.self, Decide<Approve>.self, Decide<Reject>.self,
            Act<Abort>.self,
            Rollback.self, Retry.self,
        ])

    enum Pause: ResourceAction {
        typealias On = RolloutResource
        static let (verb, done) = ("pause", "paused")
        static let abstract = "Begin nothing new; what was begun is brought to its end."
    }

    enum Resume: ResourceAction {
        typealias On = RolloutResource
        static let (verb, done) = ("resume", "resumed")
        static let abstract = "Go on, putting up with the failures that there are."
    }

    enum Abort: ResourceAction {
        typealias On = RolloutResource
        static let (verb, done) = ("abort", "aborted")
        static let abstract = "Stop at once; cells keep what they have."
    }

    struct Create: RegistryCommand {
        static let configuration = CommandConfiguration(
            abstract: "Begin a rollout.",
            discussion: """
                EXAMPLES:
                  cellctl rollouts create v1.1.0 --canary cell-1 --bake-time 10m --wait
                  cellctl rollouts create v1.1.0 --wave 10% --failure-budget 2% --dry-run
                  cellctl rollouts create -f rollout.yaml --wait --timeout 2h
                """)

        @OptionGroup var rollout: RolloutOptions
        @OptionGroup(title: "Write Options") var write: WriteOptions
        @OptionGroup(title: "Write Options") var waiting: OperationWaitOptions
        @OptionGroup(title: "Global Options") var global: GlobalOptions

        func run(in session: Session) throws(CommandFailure) {
            let noun = RolloutResource.noun
            let request = write.applied(to: APIRequest("POST", noun.path, body: .json(try rollout.body())))
            let answer = try session.api.send(request).body
            if write.dryRun { return try session.show(preview: answer["preview"] ?? [:], answer) }
            let id = answer["id"]?.string ?? ""
            if waiting.wait {
                if session.format == .name || session.isForPeople { session.console.print(id.printable) }
                return try session.finish(rollout: id, within: waiting.timeout?.duration)
            }
            if try session.showDocument(answer) { return }
            let line =
                session.format == .name ? id : "rollout/\(id) started: \(RolloutProgress.counts(answer))"
            session.console.print(line.printable)
            if session.format != .name {
                session.console.printError("watch it with: cellctl rollouts watch \(id)".printable)
            }
        }
    }

    struct Preview: RegistryCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show every wave of a rollout, cell by cell, and begin nothing.")

        @OptionGroup var rollout: RolloutOptions
        @OptionGroup(title: "Global Options") var global: GlobalOptions

        func run(in session: Session) throws(CommandFailure) {
            let request = APIRequest(
                "POST", RolloutResource.noun.path + ":preview", body: .json(try rollout.body()))
            let answer = try session.api.send(request).body
            try session.show(preview: answer, answer)
        }
    }

    struct Cells: RegistryCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show a rollout's cells in the order in which they are changed.")

        @Argument(help: "The rollout.") var id: String
        @Option(help: "Only in this state: pending, updating, baking, failed, …") var state: String?
        @Option(help: "Only of this wave.") var wave: Int?
        @OptionGroup var paging: LimitOption
        @OptionGroup(title: "Global Options") var global: GlobalOptions

        private static let noun = Noun(
            "cell", plural: "cells", idField: "cell",
            columns: [
                Column("CELL", "cell"), Column("ZONE", "zone"), Column("WAVE", "wave", .number),
                Column("STATE", "state"), Column("TRY", "attempt", .number),
                Column("WORKER", "claim.worker"), Column("STARTED", "startedAt", .age),
                Column("MESSAGE", "message"), Column("TOKEN", "claim.fencingToken", .number, wide: true),
                Column("LEASE", "claim.leaseExpiresAt", wide: true),
            ])

        func run(in session: Session) throws(CommandFailure) {
            var query: [(String, String)] = []
            if let state { query.append(("state", state)) }
            if let wave { query.append(("wave", String(wave))) }
            let items = try session.api.list(
                RolloutResource.noun.path(id, "/cells"), query: query, limit: paging.limit,
                cursorName: "cursor")
            try session.show(list: items, as: Self.noun)
        }
    }

    struct Watch: RegistryCommand {
        static let configuration = CommandConfiguration(
            abstract: "Watch a rollout to its end, or until it waits for a person, and end as it does.")

        @Argument(help: "The rollout.") var id: String
        @Option(help: "Watch no longer than this; the rollout goes on.") var timeout: GoDuration?
        @OptionGroup(title: "Global Options") var global: GlobalOptions

        func run(in session: Session) throws(CommandFailure) {
            try session.finish(rollout: id, within: timeout?.duration, isKnown: false)
        }
    }

    struct Rollback: RegistryCommand {
        static let configuration = CommandConfiguration(
            abstract: "Bring every cell that a rollout has touched back to what it ran before.")

        @Argument(help: "The rollout.") var id: String
        @OptionGroup(title: "Write Options") var write: WriteOptions
        @OptionGroup(title: "Write Options") var waiting: OperationWaitOptions
        @OptionGroup(title: "Global Options") var global: GlobalOptions

        func run(in session: Session) throws(CommandFailure) {
            let noun = RolloutResource.noun
            try session.write(
                APIRequest("POST", noun.path(id, ":rollback")), noun, id, done: "rolls back", write)
            if waiting.wait, !write.dryRun {
                try session.finish(
                    rollout: id, within: waiting.timeout?.duration, wanted: "rolledBack")
            }
        }
    }

    struct Retry: RegistryCommand {
        static let configuration = CommandConfiguration(
            abstract: "Try cells again that have failed, could not be reached or were skipped.")

        @Argument(help: "The rollout.") var id: String
        @Option(help: "A cell; repeat it. Else all there are.") var cell: [String] = []
        @OptionGroup(title: "Write Options") var write: WriteOptions
        @OptionGroup(title: "Global Options") var global: GlobalOptions

        func run(in session: Session) throws(CommandFailure) {
            let noun = RolloutResource.noun
            let body: JSONValue = cell.isEmpty ? [:] : ["cells": .array(cell.map { .string($0) })]
            try session.write(
                APIRequest("POST", noun.path(id, ":retry"), body: .json(body)), noun, id,
                done: "tries them again", write)
        }
    }

    enum Approve: WaveDecision {
        static let (verb, done) = ("approve", "approved")
        static let abstract = "Approve the wave that a rollout waits with."
    }

    enum Reject: WaveDecision {
        static let (verb, done) = ("reject", "rejected")
        static let abstract = "Reject the wave that a rollout waits with: it rolls back or pauses."
    }
}

/// What a person decides of a wave, as a type.
protocol WaveDecision {
    static var verb: String { get }
    static var done: String { get }
    static var abstract: String { get }
}

struct Decide<D: WaveDecision>: RegistryCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(commandName: D.verb, abstract: D.abstract)
    }

    @Argument(help: "The rollout.") var id: String
    @Option(help: "The wave that is meant, so that nobody decides on another.") var wave: Int?
    @OptionGroup(title: "Write Options") var write: WriteOptions
    @OptionGroup(title: "Global Options") var global: GlobalOptions

    func run(in session: Session) throws(CommandFailure) {
        let noun = RolloutResource.noun
        let body: JSONValue = wave.map { ["wave": .integer(Int64($0))] } ?? [:]
        try session.write(
            APIRequest("POST", noun.path(id, ":\(D.verb)"), body: .json(body)), noun, id, done: D.done, write)
    }
}

extension Session {
    /// Every wave, cell by cell.
    func show(preview: JSONValue, _ answer: JSONValue) throws(CommandFailure) {
        if try showDocument(answer) { return }
        for wave in preview["waves"]?.array ?? [] {
            let cells = wave["cells"]?.array ?? []
            console.print(
                "wave \(wave["number"]?.integer ?? 0), \(wave["why"]?.string ?? ""): \(cells.count.counted("cell"))"
                    .printable)
            for cell in cells {
                let why = cell["why"]?.string.map { $0.isEmpty ? "" : ": \($0)" } ?? ""
                console.print(
                    "  \(cell["cell"]?.string ?? "")  \(cell["zone"]?.string ?? "")  \(cell["verdict"]?.string ?? "")\(why)"
                        .printable)
            }
        }
        for warning in (preview["warnings"]?.array ?? []).compactMap(\.string) {
            console.printError("warning: \(warning)".printable)
        }
        let blockers = preview.blockerLines
        for line in blockers { console.printError(line) }
        if let plan = answer["plan"]?.string, blockers.isEmpty {
            console.printError(
                "dry run: nothing was changed; --if-plan-match \(plan.printable) does exactly this")
        }
        if !blockers.isEmpty { throw .incomplete("another rollout has some of the cells", .conflict) }
    }
}
