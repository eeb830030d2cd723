import Foundation

/// A process beside the test. What it says on stderr is kept, line by line.
///
/// Unchecked: the mutable state is touched only while `condition` is locked.
final class Running: @unchecked Sendable {
    private let process = Process()
    private let condition = NSCondition()
    private var said: [String] = []
    private var hasSaidAll = false
    private var status: Int32?

    let startedAt: ContinuousClock.Instant

    init(
        _ program: Program, _ arguments: [String], environment: [String: String], output: Pipe? = nil
    ) throws {
        let errors = Pipe()
        process.executableURL = URL(fileURLWithPath: program.path)
        process.arguments = arguments
        process.environment = ["PATH": "/usr/bin:/bin", "SWIFT_BACKTRACE": "enable=no"]
            .merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output ?? FileHandle.nullDevice
        process.standardError = errors
        startedAt = .now
        process.terminationHandler = { [weak self] process in
            let signalled = process.terminationReason == .uncaughtSignal
            self?.change { $0.status = signalled ? -process.terminationStatus : process.terminationStatus }
        }
        try process.run()
        Thread.detachNewThread { [self] in keepLines(of: errors.fileHandleForReading) }
    }

    var identifier: Int32 { process.processIdentifier }

    var lines: [String] { locked { said } }

    var isRunning: Bool { locked { status == nil } }

    func signal(_ number: Int32) { kill(identifier, number) }

    /// The first line for which `read` has a value. Nil where the process ends, or the time, without one.
    func line<Value>(within limit: Duration, _ read: (String) -> Value?) -> Value? {
        let deadline = Date(timeIntervalSinceNow: limit / .seconds(1))
        condition.lock()
        defer { condition.unlock() }
        var seen = 0
        while true {
            for line in said[seen...] { if let value = read(line) { return value } }
            seen = said.count
            guard !hasSaidAll, condition.wait(until: deadline) else { return nil }
        }
    }

    /// Waits for its end.
    /// - Returns: the exit status, or minus the number of the signal that ended it.
    /// - Throws: `Failure` where it does not end in time; it is killed then.
    @discardableResult
    func ended(within limit: Duration) throws -> Int32 {
        let deadline = Date(timeIntervalSinceNow: limit / .seconds(1))
        condition.lock()
        defer { condition.unlock() }
        while true {
            if let status, hasSaidAll { return status }
            if !condition.wait(until: deadline) {
                if status == nil { signal(SIGKILL) }
                throw Failure("It had not ended after \(limit):\n\(said.suffix(20).joined(separator: "\n"))")
            }
        }
    }

    private func keepLines(of handle: FileHandle) {
        var rest: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65_536)
        while true {
            // Not `FileHandle`'s, which waits until there is as much as it was asked for.
            let count = read(handle.fileDescriptor, &piece, piece.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            rest += piece[..<count]
            var lines = rest.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            rest = Array(lines.removeLast())
            let whole = lines.map { String(decoding: $0, as: UTF8.self) }
            change { $0.said += whole }
        }
        change {
            if !rest.isEmpty { $0.said.append(String(decoding: rest, as: UTF8.self)) }
            $0.hasSaidAll = true
        }
    }

    private func locked<Value>(_ body: () -> Value) -> Value {
        condition.lock()
        defer { condition.unlock() }
        return body()
    }

    private func change(_ body: (Running) -> Void) {
        locked { body(self) }
        condition.broadcast()
    }
}
