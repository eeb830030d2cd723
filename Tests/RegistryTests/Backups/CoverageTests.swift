import JSON
import TestRandom
import Testing

@testable import Registry

@Suite("Coverage")
struct CoverageTests {
    private let now = Timestamp(rawValue: 10_000 * 3_600_000)
    private let cell = CoverageTarget.cell(CellID("cell-1")!)
    private let namespace = CoverageTarget.namespace("titan-data")
    private let everything = CoverageReach(everything: true)

    private func ago(_ hours: Int64) -> Timestamp { now.advanced(byMilliseconds: -hours * 3_600_000) }

    private func hours(_ hours: Int64) -> Duration { .seconds(hours * 3600) }

    private func daily(
        paused: Bool = false, rto: Duration? = nil, missed: [Timestamp] = []
    ) -> CoverageSchedule {
        CoverageSchedule(
            name: "daily", reach: everything, isPaused: paused, rpo: hours(28), rto: rto, missed: missed)
    }

    private func backup(
        _ name: String, _ hours: Int64, _ outcome: CoverageBackup.Outcome = .good, verified: Int64? = nil,
        of reach: CoverageReach? = nil
    ) -> CoverageBackup {
        CoverageBackup(
            name: name, reach: reach ?? everything, outcome: outcome, startedAt: ago(hours),
            verifiedAt: verified.map(ago))
    }

    private func row(
        _ schedules: [CoverageSchedule], _ backups: [CoverageBackup], drills: [CoverageDrill] = [],
        of target: CoverageTarget? = nil
    ) -> CoverageRow {
        Coverage(
            schedules: schedules, backups: backups, drills: drills, at: now, staleAfter: hours(720)
        ).row(for: target ?? cell)
    }

    @Test("what has a good, young and verified backup is covered")
    func covered() {
        let row = row([daily()], [backup("b-2", 3), backup("b-1", 27, verified: 20)])
        #expect(row.verdict == .covered)
        #expect(row.why == "'b-2' is 3h0m0s old, and may be 28h0m0s.")
        #expect(row.lastVerification == .init(name: "b-1", at: ago(20)))
        #expect(
            row.shown == [
                "cell": "cell-1", "verdict": "covered", "why": .string(row.why), "newestGood": "b-2",
                "newestGoodAt": .string(ago(3).description), "age": "3h0m0s", "rpo": "28h0m0s",
                "verifiedBackup": "b-1", "lastVerification": .string(ago(20).description), "stale": false,
                "missed": 0, "stuck": 0, "failed": 0, "schedules": ["daily"],
            ])
    }

    @Test("what no good backup covers is uncovered, whatever else there is")
    func uncovered() {
        let row = row(
            [daily()], [backup("b-1", 3, .failed), backup("b-2", 27, .stuck), backup("b-3", 0, .open)])
        #expect(row.verdict == .uncovered)
        #expect(row.why == "There is no good backup: 1 run failed, 1 got stuck.")
        let bare = self.row([], [])
        #expect(bare.why == "There is no good backup: no schedule covers it.")
        #expect(bare.shown["newestGood"] == nil && bare.shown["stale"] == true)
    }

    @Test("at its RPO a backup is in time, past it late, and it is said why")
    func late() {
        #expect(row([daily()], [backup("b-1", 28, verified: 28)]).verdict == .covered)
        let row = row([daily(paused: true)], [backup("b-1", 29, verified: 28)])
        #expect(row.verdict == .late)
        #expect(
            row.why
                == "The newest good backup 'b-1' is 29h0m0s old, and may be 28h0m0s: its schedule 'daily' is paused."
        )
    }

    @Test("without a schedule a backup is in time for two days")
    func unscheduled() {
        #expect(row([], [backup("b-1", 48, verified: 1)]).verdict == .covered)
        let row = row([], [backup("b-1", 49, verified: 1)])
        #expect(row.verdict == .late && row.rpo == nil)
        #expect(row.why.hasSuffix(": no schedule covers it."))
    }

    @Test("runs that failed, got stuck or were missed count since the newest good backup")
    func failing() {
        let schedule = daily(missed: [ago(50), ago(2), ago(1)])
        let row = row(
            [schedule],
            [
                backup("b-5", 3, .failed), backup("b-4", 4, .stuck), backup("b-3", 5, .failed),
                backup("b-2", 20, verified: 9), backup("b-1", 40, .failed),
            ])
        #expect(row.verdict == .failing)
        #expect(
            row.why == "Since the newest good backup 'b-2': 2 runs failed, 1 got stuck, 2 were missed.")
    }

    @Test("a verification or a drill shows something for 30 days")
    func unverified() {
        #expect(row([daily()], [backup("b-1", 3)]).verdict == .unverified)
        #expect(row([daily()], [backup("b-2", 3), backup("b-1", 800, verified: 721)]).verdict == .unverified)
        #expect(row([daily()], [backup("b-2", 3), backup("b-1", 800, verified: 720)]).verdict == .covered)
        let drill = CoverageDrill(name: "d-1", reach: everything, completedAt: ago(100), duration: hours(9))
        #expect(row([daily()], [backup("b-1", 3)], drills: [drill]).verdict == .covered)
    }

    @Test("a time to recover is shown by the last drill alone")
    func drills() {
        let schedule = daily(rto: hours(4))
        let backups = [backup("b-1", 3, verified: 1)]
        #expect(
            row([schedule], backups).why
                == "A restore within 4h0m0s is promised, and no drill has shown it.")
        let slow = CoverageDrill(name: "d-2", reach: everything, completedAt: ago(9), duration: hours(5))
        let quick = CoverageDrill(name: "d-1", reach: everything, completedAt: ago(10), duration: hours(4))
        #expect(
            row([schedule], backups, drills: [quick, slow]).why
                == "The last drill 'd-2' took 5h0m0s, and 4h0m0s is promised.")
        #expect(row([schedule], backups, drills: [quick]).verdict == .covered)
    }

    @Test("everything is each cell and namespace, and never the registry")
    func everythingButRegistry() {
        let backups = [
            backup("all", 2, verified: 1),
            backup("own", 1, of: CoverageReach(targets: [namespace])),
            backup("both", 3, of: CoverageReach(everything: true, targets: [cell, .registry])),
        ]
        let coverage = Coverage(
            schedules: [daily()], backups: backups, drills: [], at: now, staleAfter: hours(720))
        let rows = coverage.rows(for: [.registry, namespace, cell])
        #expect(rows.map(\.target) == [cell, namespace, .registry])
        #expect(rows.map(\.newestGood?.name) == ["all", "own", "both"])
        #expect(rows[2].schedules == [] && rows[0].schedules == ["daily"])
        #expect(rows.counts == [.covered: 2, .unverified: 1, .late: 0, .failing: 0, .uncovered: 0])
    }

    @Test("the strictest promise counts")
    func strictest() {
        let hourly = CoverageSchedule(
            name: "hourly", reach: CoverageReach(targets: [namespace]), rpo: hours(2), rto: hours(1))
        let row = row([hourly, daily(rto: hours(9))], [backup("b-1", 3)], of: namespace)
        #expect(row.rpo == hours(2) && row.rto == hours(1) && row.verdict == .late)
        #expect(row.schedules == ["daily", "hourly"])
    }

    @Test("rows are what a plain look at all facts finds, in any order", arguments: SeededRandom.seeds)
    func property(_ seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let targets = [cell, .cell(CellID("cell-2")!), namespace, .registry]
        func reach() -> CoverageReach {
            CoverageReach(
                everything: random.isOne(in: 2), targets: Set(targets.filter { _ in random.isOne(in: 3) }),
                except: Set(targets.filter { _ in random.isOne(in: 5) }))
        }
        for _ in 0..<200 {
            let backups = (0..<Int.random(in: 0...12, using: &random)).map { index in
                CoverageBackup(
                    name: "b-\(index)", reach: reach(),
                    outcome: CoverageBackup.Outcome.allCases.randomElement(using: &random)!,
                    startedAt: ago(.random(in: 0...40, using: &random)),
                    verifiedAt: random.isOne(in: 3) ? ago(.random(in: 0...1000, using: &random)) : nil)
            }
            func shown(_ backups: [CoverageBackup]) -> [CoverageRow] {
                Coverage(
                    schedules: [daily(missed: [ago(20)])], backups: backups, drills: [], at: now,
                    staleAfter: hours(720)
                ).rows(for: targets)
            }
            let rows = shown(backups)
            #expect(shown(backups.shuffled(using: &random)) == rows, "seed \(seed)")
            for row in rows {
                let covering = backups.filter { $0.reach.covers(row.target) }
                    .sorted { ($0.startedAt, $0.name) > ($1.startedAt, $1.name) }
                let good = covering.first { $0.outcome == .good }
                #expect(row.newestGood?.name == good?.name, "seed \(seed)")
                let since = covering.prefix { $0.outcome != .good }
                #expect(row.failed == since.count { $0.outcome == .failed }, "seed \(seed)")
                #expect(row.stuck == since.count { $0.outcome == .stuck }, "seed \(seed)")
                #expect(
                    row.lastVerification?.at == covering.compactMap(\.verifiedAt).max(), "seed \(seed)")
                #expect((row.verdict == .uncovered) == (good == nil), "seed \(seed)")
            }
        }
    }
}
