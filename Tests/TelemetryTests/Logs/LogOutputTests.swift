import Glibc
import Testing

@testable import Telemetry

@Suite("LogOutput")
struct LogOutputTests {
    @Test("A full pipe holds nobody up: lines are lost, counted, and told of once it is read again")
    func full() throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        // It blocks, as a supervisor's does, and takes 64 KiB.
        defer { close(ends[0]) }
        let output = LogOutput(descriptor: ends[1])
        let line = Array(repeating: UInt8(ascii: "a"), count: 999) + [UInt8(ascii: "\n")]
        for _ in 0..<100 { output.write(line, saying: told) }
        #expect(output.lost > 0)
        var taken = [UInt8](repeating: 0, count: 8192)
        #expect(read(ends[0], &taken, taken.count) == taken.count)
        let lost = output.lost
        output.write(line, saying: told)
        #expect(output.lost == lost)
        close(ends[1])
        let lines = (taken + readAll(ends[0])).split(separator: UInt8(ascii: "\n"))
        #expect(lines.filter { $0.count == 999 }.count == 101 - lost)
        #expect(lines.dropLast().last.map { Array($0) } == Array("\(lost) lost".utf8))
    }

    @Test("Lines from many threads come whole or not at all, through a pipe that is often full")
    func whole() async throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        let (readEnd, writeEnd) = (ends[0], ends[1])
        try #require(fcntl(writeEnd, F_SETFL, O_NONBLOCK) == 0)
        defer { close(readEnd) }
        let output = LogOutput(descriptor: writeEnd)
        let (lines, workers) = (200, 4)
        async let written: Void = withTaskGroup { group in
            for worker in 0..<workers {
                group.addTask {
                    let line =
                        Array(repeating: UInt8(ascii: "a") + UInt8(worker), count: 999) + [UInt8(ascii: "\n")]
                    for _ in 0..<lines { output.write(line, saying: told) }
                }
            }
        }
        // Reading has a thread of its own: with few cores the writers may wait on all that tasks have.
        let reader = Reader(descriptor: readEnd)
        await written
        close(writeEnd)
        let read = reader.finish().split(separator: UInt8(ascii: "\n"))
        let whole = read.filter { $0.count == 999 && Set($0).count == 1 }
        // Of the last one the pipe may have taken the beginning alone.
        #expect((0...1).contains(lines * workers - output.lost - whole.count))
        #expect(read.dropLast().allSatisfy { $0.count == 999 || $0.ends(with: " lost") })
    }

    @Test("Where nobody reads any more, the line is lost and nothing else")
    func broken() throws {
        // As the server does.
        signal(SIGPIPE, SIG_IGN)
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        close(ends[0])
        let output = LogOutput(descriptor: ends[1])
        output.write([1, 2, 3], saying: told)
        #expect(write(ends[1], [1], 1) == -1 && errno == EPIPE)
        #expect(close(ends[1]) == 0)
        output.write([1], saying: told)
    }
}

private func told(_ lost: Int) -> [UInt8] { Array("\(lost) lost\n".utf8) }

extension ArraySlice<UInt8> {
    fileprivate func ends(with text: String) -> Bool { suffix(text.utf8.count).elementsEqual(text.utf8) }
}

/// Reads to the end on a thread of its own.
///
/// `@unchecked Sendable`: `bytes` is the thread's until it is joined.
private final class Reader: @unchecked Sendable {
    private let descriptor: Int32
    private var bytes: [UInt8] = []
    private var thread = pthread_t()

    init(descriptor: Int32) {
        self.descriptor = descriptor
        pthread_create(&thread, nil, readerThread, Unmanaged.passUnretained(self).toOpaque())
    }

    func finish() -> [UInt8] {
        pthread_join(thread, nil)
        return bytes
    }

    fileprivate func run() { bytes = readAll(descriptor) }
}

private func readerThread(_ reader: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    reader.map { Unmanaged<Reader>.fromOpaque($0).takeUnretainedValue().run() }
    return nil
}
