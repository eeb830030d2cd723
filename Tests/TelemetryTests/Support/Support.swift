import Glibc
import Logging
import Testing

@testable import Telemetry

/// Runs a program with `input` on its standard input.
///
/// - Returns: what it wrote to both outputs, and its exit status; 127 where there is no such program.
func run(_ arguments: [String], input: [UInt8]) throws -> (output: String, status: Int32) {
    let standardInput = try #require(tmpfile())
    let output = try #require(tmpfile())
    defer {
        fclose(standardInput)
        fclose(output)
    }
    #expect(fwrite(input, 1, input.count, standardInput) == input.count)
    rewind(standardInput)
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, fileno(standardInput), 0)
    posix_spawn_file_actions_adddup2(&actions, fileno(output), 1)
    posix_spawn_file_actions_adddup2(&actions, fileno(output), 2)
    var words = arguments.map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var process = pid_t()
    guard posix_spawnp(&process, arguments[0], &actions, nil, &words, environ) == 0 else { return ("", 127) }
    var status: Int32 = 0
    try #require(waitpid(process, &status, 0) == process)
    rewind(output)
    return (String(decoding: readAll(fileno(output)), as: UTF8.self), (status >> 8) & 0xFF)
}

func readAll(_ descriptor: Int32) -> [UInt8] {
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 64 << 10)
    while true {
        let count = read(descriptor, &piece, piece.count)
        guard count > 0 else { return bytes }
        bytes += piece[..<count]
    }
}

/// What is logged into the output while the body runs.
func logged(_ body: (LogOutput) async throws -> Void) async throws -> String {
    let file = try #require(tmpfile())
    defer { fclose(file) }
    try await body(LogOutput(descriptor: fileno(file)))
    rewind(file)
    return String(decoding: readAll(fileno(file)), as: UTF8.self)
}

/// A logger whose lines go nowhere.
let silent = Logger(label: "silent") { _ in SwiftLogNoOpLogHandler() }

/// Looks until it is so; false after ten seconds.
func eventually(_ isSo: () -> Bool) async throws -> Bool {
    for _ in 0..<5000 {
        if isSo() { return true }
        try await Task.sleep(for: .milliseconds(2))
    }
    return false
}

func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
