import TestRandom
import Testing

@testable import Registry

@Suite("Retention")
struct RetentionTests {
    private let now = Timestamp(rawValue: 100 * 3_600_000)

    /// By default a backup of the line `daily` that has expired; begun and expired so many hours ago.
    private func backup(
        _ name: String, _ outcome: RetentionCandidate.Outcome = .good, begun: Int64, expired: Int64? = 1,
        line: String = "daily", holds: [String] = [], restores: [String] = []
    ) -> RetentionCandidate {
        RetentionCandidate(
            name: name, line: line, outcome: outcome,
            startedAt: now.advanced(byMilliseconds: -begun * 3_600_000),
            expiresAt: expired.map { now.advanced(byMilliseconds: -$0 * 3_600_000) }, holds: holds,
            restores: restores)
    }

    private func codes(_ candidates: [RetentionCandidate], keepLast: [String: Int] = [:]) -> [String: String]
    {
        Dictionary(
            uniqueKeysWithValues: Retention(candidates, keepLast: keepLast).verdicts(at: now).map {
                ($0.backup, $0.code)
            })
    }

    @Test("what has expired goes, down to the last good one of each line")
    func lastGood() {
        #expect(
            codes([
                backup("a", begun: 3), backup("b", begun: 2), backup("c", begun: 1),
                backup("d", begun: 4, line: "hourly"),
            ]) == ["a": "expired", "b": "expired", "c": "lastGood", "d": "lastGood"])
    }

    @Test("a backup goes at the instant it expires, and one without a time to live never")
    func expiry() {
        #expect(
            codes([
                backup("new", begun: 1, expired: -5), backup("now", begun: 2, expired: 0),
                backup("later", begun: 3, expired: -1), backup("ever", begun: 4, expired: nil),
            ]) == ["new": "unexpired", "now": "expired", "later": "unexpired", "ever": "unlimited"])
    }

    @Test("only good backups count for what a line keeps")
    func keepLast() {
        let all = [
            backup("1", .failed, begun: 1), backup("2", begun: 2), backup("3", .doubtful, begun: 3),
            backup("4", begun: 4), backup("5", begun: 5), backup("6", .deleting, begun: 0),
        ]
        #expect(
            codes(all, keepLast: ["daily": 2]) == [
                "1": "expired", "2": "lastGood", "3": "expired", "4": "keptLast", "5": "expired",
                "6": "deleting",
            ])
        #expect(codes(all, keepLast: ["daily": 0])["2"] == "lastGood")
    }

    @Test("a line without a good backup keeps the newest that has something to restore from")
    func lastResort() {
        #expect(
            codes([
                backup("1", .failed, begun: 1), backup("2", .doubtful, begun: 2),
                backup("3", .doubtful, begun: 3), backup("4", .underWay, begun: 0),
            ]) == ["1": "expired", "2": "lastResort", "3": "expired", "4": "underWay"])
    }

    @Test("holds and restores keep a backup, and each reason is told")
    func reasons() {
        let retention = Retention([
            backup("good", begun: 1),
            backup("old", begun: 9, holds: ["audit 2026", "case 7"], restores: ["drill-2", "drill-1"]),
        ])
        let verdict = retention.verdicts(at: now)[1]
        #expect(verdict.reasons.map(\.code) == ["held", "read"])
        #expect(
            verdict.why == "'old' is held: audit 2026; case 7, and is read by drill-1, drill-2.")
        #expect(retention.objections(to: "old") == verdict.reasons)
        #expect(retention.objections(to: "good") == [.lastGood])
        #expect(retention.objections(to: "unknown") == [])
    }

    @Test("by hand a backup may be deleted before it expires")
    func byHand() {
        let retention = Retention([backup("new", begun: 1), backup("old", begun: 2, expired: -9)])
        #expect(retention.objections(to: "old") == [])
        #expect(retention.verdicts(at: now)[1].why == "'old' expires at 1970-01-05T13:00:00.000Z.")
    }

    /// Backups of a few lines, whose times, holds and fates are drawn.
    private func drawn(_ random: inout SeededRandom) -> ([RetentionCandidate], [String: Int]) {
        let lines = ["daily", "hourly", "namespaces/titan-data"]
        let candidates = (0..<Int.random(in: 0...30, using: &random)).map { index in
            backup(
                "backup-\(index)", RetentionCandidate.Outcome.allCases.randomElement(using: &random)!,
                // Few hours, so that some begin at one instant.
                begun: .random(in: 0...20, using: &random),
                expired: random.isOne(in: 8) ? nil : .random(in: -3...10, using: &random),
                line: lines.randomElement(using: &random)!,
                holds: random.isOne(in: 6) ? ["audit"] : [],
                restores: random.isOne(in: 6) ? ["restore-1"] : [])
        }
        let keepLast = lines.filter { _ in random.isOne(in: 2) }.map {
            ($0, Int.random(in: 0...4, using: &random))
        }
        return (candidates, Dictionary(uniqueKeysWithValues: keepLast))
    }

    @Test(
        "the last good one never goes, whatever is deleted, fails or expires", arguments: SeededRandom.seeds)
    func lastGoodStays(_ seed: UInt64) {
        var random = SeededRandom(seed: seed)
        for _ in 0..<300 {
            var (candidates, keepLast) = drawn(&random)
            var time = now
            let lines = Set(candidates.map(\.line))
            var best: [String: RetentionCandidate] = [:]
            for _ in 0..<6 {
                for line in lines {
                    best[line] = candidates.filter { $0.line == line && $0.outcome == .good }.max {
                        $1.isNewer(than: $0)
                    }
                }
                // Some of what may go is deleted one by one in any order, each time by a plan of its own.
                for _ in 0..<Int.random(in: 1...8, using: &random) {
                    let goes = Retention(candidates.shuffled(using: &random), keepLast: keepLast)
                        .verdicts(at: time).filter(\.goes)
                    guard let next = goes.randomElement(using: &random) else { break }
                    let index = candidates.firstIndex { $0.name == next.backup }!
                    if random.isOne(in: 2) {
                        candidates.remove(at: index)
                    } else {
                        candidates[index].outcome = .deleting
                    }
                }
                for (line, good) in best {
                    #expect(candidates.contains(good), "the last good one of \(line) went, seed \(seed)")
                }
                // Then time passes, and what was taken for good may turn out not to be.
                time = time.advanced(byMilliseconds: .random(in: 0...6, using: &random) * 3_600_000)
                for index in candidates.indices
                where random.isOne(in: 10) && candidates[index].outcome == .good {
                    candidates[index].outcome = .doubtful
                    best[candidates[index].line] = nil
                }
            }
        }
    }

    @Test(
        "a plan is the same in any order, its parts need no order, and it is exactly the rule",
        arguments: SeededRandom.seeds)
    func rule(_ seed: UInt64) {
        var random = SeededRandom(seed: seed)
        for _ in 0..<300 {
            let (candidates, keepLast) = drawn(&random)
            let verdicts = Retention(candidates, keepLast: keepLast).verdicts(at: now)
            #expect(
                Retention(candidates.shuffled(using: &random), keepLast: keepLast).verdicts(at: now)
                    == verdicts)
            let goes = Set(verdicts.filter(\.goes).map(\.backup))
            for candidate in candidates {
                // Of its line the good ones that are newer.
                let newer = candidates.filter {
                    $0.line == candidate.line && $0.outcome == .good && $0.isNewer(than: candidate)
                }.count
                let hasGood = candidates.contains { $0.line == candidate.line && $0.outcome == .good }
                let isNewestDoubtful = !candidates.contains {
                    $0.line == candidate.line && $0.outcome == .doubtful && $0.isNewer(than: candidate)
                }
                let spared =
                    switch candidate.outcome {
                    case .good: newer >= max(1, keepLast[candidate.line] ?? 1)
                    case .doubtful: hasGood || !isNewestDoubtful
                    case .failed: true
                    case .underWay, .deleting: false
                    }
                let expected =
                    spared && candidate.holds.isEmpty && candidate.restores.isEmpty
                    && candidate.expiresAt.map { $0 <= now } ?? false
                #expect(goes.contains(candidate.name) == expected, "\(candidate), seed \(seed)")
            }
            // After a part has been carried out, the plan is the rest.
            let part = goes.filter { _ in random.isOne(in: 2) }
            let rest = Retention(candidates.filter { !part.contains($0.name) }, keepLast: keepLast)
                .verdicts(at: now).filter(\.goes).map(\.backup)
            #expect(Set(rest) == goes.subtracting(part), "seed \(seed)")
        }
    }
}
