import Glibc
import Testing

@testable import Registry

/// Runs beside those that croniter finds. `Tests/Cron/check` makes 100,000 cases anew and names their file in
/// `CRON_CASES`; without it the 1,000 are read that are kept with the tests.
@Suite("Cron beside croniter")
struct CronCasesTests {
    @Test("the next and the last run are those that croniter finds")
    func cases() throws {
        let path = getenv("CRON_CASES").map { String(cString: $0) }
        let lines = try TextFile.read(
            path ?? TextFile.package + "Tests/RegistryTests/Golden/cron-cases.txt"
        ).split(separator: "\n")
        #expect(lines.count >= 1000)
        var zones: [Substring: LocalZone] = [:]
        var wrong: [String] = []
        for line in lines {
            let fields = line.split(separator: "\t")
            try #require(fields.count == 5, "\(line)")
            let zone = try #require(zones[fields[1]] ?? LocalZone(String(fields[1])), "\(line)")
            zones[fields[1]] = zone
            let time = Timestamp(rawValue: try #require(Int64(fields[2])) * 1000)
            let expression = try? CronExpression(String(fields[0]))
            for (run, expected) in [
                (expression?.next(after: time, in: zone), fields[3]),
                (expression?.previous(before: time, in: zone), fields[4]),
            ] where run.map({ String($0.rawValue / 1000) }) ?? "never" != expected {
                let shown = Int64(expected).map { Timestamp(rawValue: $0 * 1000).description } ?? "never"
                wrong.append(
                    "\(fields[0]), \(zone.name), \(time): \(run?.description ?? "never"), not \(shown)")
            }
        }
        #expect(wrong.isEmpty, "\(wrong.count): \(wrong.prefix(20).joined(separator: "\n"))")
        if path != nil { print("\(lines.count) cases of cron agree with croniter") }
    }
}
