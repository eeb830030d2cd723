import Glibc

/// Cuts a stream of NDJSON into its lines while it arrives.
///
/// Lines end with LF or CRLF, the last one also with the stream. Blank lines are counted and skipped. Each byte
/// is looked at once, and only the line that a chunk leaves open is kept.
public struct JSONLines: Sendable {
    /// A line without its end, and its number, from 1. The bytes are there during the call only.
    public typealias Consumer = (_ line: UnsafeRawBufferPointer, _ number: Int) throws -> Void

    private let lineBytesMax: Int
    private var open: [UInt8] = []
    private var number = 1
    /// Bytes of the stream before the line.
    private var offset = 0

    /// - Parameter lineBytesMax: the longest line taken, without its end.
    public init(lineBytesMax: Int) {
        precondition(lineBytesMax > 0, "a line has a byte")
        self.lineBytesMax = lineBytesMax
    }

    /// Hands on each line that the chunk completes.
    ///
    /// - Throws: `JSONError` for a line that is too long, and what `line` throws. After that the rest of the
    ///   stream has no meaning: begin with a new value.
    public mutating func append(_ chunk: [UInt8], line: Consumer) throws {
        try chunk.withUnsafeBytes { bytes in
            var rest = bytes
            while let base = rest.baseAddress, let newline = memchr(base, 0x0A, rest.count) {
                let end = UnsafeRawPointer(newline) - base
                try complete(with: UnsafeRawBufferPointer(rebasing: rest[..<end]), line: line)
                rest = UnsafeRawBufferPointer(rebasing: rest[(end + 1)...])
            }
            // One more than the limit, for a CR that may belong to the line's end.
            guard open.count + rest.count <= lineBytesMax + 1 else { throw tooLong }
            open.append(contentsOf: rest)
        }
    }

    /// Hands on the last line, where the stream did not end with a line's end.
    public mutating func finish(line: Consumer) throws {
        if !open.isEmpty { try complete(with: UnsafeRawBufferPointer(start: nil, count: 0), line: line) }
    }

    private mutating func complete(with end: UnsafeRawBufferPointer, line: Consumer) throws {
        let count = open.count + end.count
        if open.isEmpty {
            try hand(end, line)
        } else {
            guard count <= lineBytesMax + 1 else { throw tooLong }
            open.append(contentsOf: end)
            try open.withUnsafeBytes { try hand($0, line) }
            open.removeAll(keepingCapacity: true)
        }
        number += 1
        offset += count + 1
    }

    private func hand(_ bytes: UnsafeRawBufferPointer, _ line: Consumer) throws {
        let content = bytes.last == 0x0D ? UnsafeRawBufferPointer(rebasing: bytes.dropLast()) : bytes
        guard content.count <= lineBytesMax else { throw tooLong }
        if content.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) { return }
        try line(content, number)
    }

    private var tooLong: JSONError {
        JSONError(
            offset: offset, line: number, column: 1,
            message: "Line \(number) is longer than \(lineBytesMax) bytes; split it.")
    }
}
