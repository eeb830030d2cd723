import Foundation

/// A program under test, or one that helps to test it.
struct Program: Sendable {
    let path: String

    static let controlPlane = Program(path: folder + "/control-plane")
    static let cellctl = Program(path: folder + "/cellctl")

    /// Where the build put this test's own executable, and the programs beside it.
    private static let folder =
        Settings.binaries
        ?? URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent().path

    /// A program of the system, nil where it is not installed.
    static func installed(_ name: String) -> Program? {
        ["/usr/bin/", "/bin/", "/usr/sbin/", "/sbin/"].map { $0 + name }
            .first { FileManager.default.isExecutableFile(atPath: $0) }.map(Program.init)
    }

    /// How a process ended: its exit status, or minus the signal that ended it; and all that it said.
    struct Ending: Sendable {
        let status: Int32
        let output: String
        let errors: String
    }

    /// Runs it to its end, in an environment of nothing but `PATH` and what is given.
    @discardableResult
    func run(_ arguments: [String], environment: [String: String] = [:]) throws -> Ending {
        let output = Pipe()
        let running = try Running(self, arguments, environment: environment, output: output)
        let said = (try? output.fileHandleForReading.readToEnd()) ?? Data()
        let status = try running.ended(within: .seconds(600))
        return Ending(
            status: status, output: String(decoding: said, as: UTF8.self),
            errors: running.lines.joined(separator: "\n"))
    }
}

/// What a test could not go on without.
struct Failure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
