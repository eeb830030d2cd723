import ArgumentParser
import Store

/// `control-plane check`: reads everything, and says what is wrong with it.
struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Verify a data folder: pages, indexes, invariants, the audit's hash chain.",
        discussion: "Exits 0 where all is well and 1 where it is not. The server must not run on the folder.")

    @OptionGroup var data: DataOptions

    func run() async throws {
        let damaged = try await data.folder.withStore { store in
            let results = try store.problems()
            for (check, problems) in results {
                print("\(check.rawValue): \(problems.isEmpty ? "ok" : "\(problems.count) problems")")
                for problem in problems { print("  \(problem)") }
            }
            return results.contains { !$0.problems.isEmpty }
        }
        if damaged { throw ExitCode(1) }
    }
}
