import ArgumentParser
import JSON

struct Rebalance: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Bring the cells' loads together with few moves: plan, then apply.",
        subcommands: [Plan.self, Apply.self])

    /// What a plan is made from. A plan is applied with the same options.
    struct Aims: ParsableArguments {
        @Option(help: "How near to the mean load a cell should be (the server's default: 5%).") var band:
            String?
        @Option(help: "The least improvement worth moving for, such as 1%.") var threshold: String?
        @Option(help: "Move no more tenants than this.") var maxMoves: Int?
        @Option(help: "Only cells of this zone; may be repeated.") var zone: [String] = []
        @Option(help: "Leave this cell out; may be repeated.") var excludeCell: [String] = []
        @Option(help: "Leave this tenant where it is; may be repeated.") var excludeTenant: [String] = []
        @OptionGroup(title: "Move Options") var moves: MoveOptions

        func validate() throws {
            if let maxMoves, maxMoves < 1 { throw ValidationError("--max-moves must be at least 1") }
        }

        var request: APIRequest {
            var body = JSONObject()
            if let band { body["band"] = .string(band) }
            if let threshold { body["threshold"] = .string(threshold) }
            if let maxMoves { body["maxMoves"] = .integer(Int64(maxMoves)) }
            if !zone.isEmpty { body["zones"] = .array(zone.map { .string($0) }) }
            var exclude = JSONObject()
            if !excludeCell.isEmpty { exclude["cells"] = .array(excludeCell.map { .string($0) }) }
            if !excludeTenant.isEmpty { exclude["tenants"] = .array(excludeTenant.map { .string($0) }) }
            if !exclude.isEmpty { body["exclude"] = .object(exclude) }
            return APIRequest("POST", "/v1/rebalance", body: .json(moves.body(body)))
        }

        func plan(_ session: Session) throws(CommandFailure) -> MovePlan {
            var request = request
            request.query.append(("dryRun", "true"))
            return MovePlan(try session.api.send(request).body)
        }
    }

    struct Plan: RegistryCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show what would move, and each cell's load before and after. Changes nothing.",
            discussion: """
                EXAMPLES:
                  cellctl rebalance plan
                  cellctl rebalance plan --band 10% --max-moves 200 --zone us-east-1a -o wide
                """)

        @OptionGroup var aims: Aims
        @OptionGroup(title: "Global Options") var global: GlobalOptions

        func run(in session: Session) throws(CommandFailure) { try session.show(aims.plan(session)) }
    }

    struct Apply: RegistryCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show the plan, and make it so.",
            discussion: """
                On a terminal it asks before, unless --yes is said. What is done is the plan that was shown, or nothing: \
                where anything it depends on has changed meanwhile, it ends with 4. --if-plan-match takes a plan of \
                'rebalance plan' (with the same options), which is not shown again.

                EXAMPLES:
                  cellctl rebalance apply --wait
                  cellctl rebalance apply --max-moves 200 --if-plan-match "$PLAN" --wait
                """)

        @OptionGroup var aims: Aims
        @Flag(name: .shortAndLong, help: "Don't ask.") var yes = false
        @Option(help: ArgumentHelp("Do this plan, or nothing.", valueName: "plan")) var ifPlanMatch: String?
        @OptionGroup(title: "Write Options") var waiting: OperationWaitOptions
        @OptionGroup(title: "Global Options") var global: GlobalOptions

        func run(in session: Session) throws(CommandFailure) {
            var token = ifPlanMatch
            if token == nil {
                let plan = try aims.plan(session)
                let mustAsk = !yes && session.console.inputIsTerminal
                if session.isForPeople || mustAsk { show(plan, session) }
                if plan.movesCount == 0 {
                    _ = try session.showDocument(plan.answer)
                    return
                }
                token = plan.answer["plan"]?.string
                if mustAsk { try session.askToGoOn() }
            }
            guard let token else { throw .failed("the control plane names no plan") }
            var request = aims.request
            request.fields.append(("If-Plan-Match", token))
            try session.start(request, waiting)
        }

        /// To standard output for people; else aside, where someone is asked.
        private func show(_ plan: MovePlan, _ session: Session) {
            let (print, paint) =
                session.isForPeople
                ? (session.console.print, session.paint) : (session.console.printError, session.errorPaint)
            for line in plan.lines(wide: session.format == .wide, now: session.surroundings.now(), paint) {
                print(line)
            }
        }
    }
}
