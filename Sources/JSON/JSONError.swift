/// Why bytes are not the JSON that was asked for, and where.
public struct JSONError: Error, Sendable, Equatable {
    /// Bytes before the place.
    public let offset: Int
    /// From 1. A reader of lines sets it to the line's number in the stream.
    public var line: Int
    /// From 1, in characters (Unicode scalars) of the line.
    public let column: Int
    /// A JSON Pointer (RFC 6901) to the value that is wrong; empty for the whole document.
    public private(set) var pointer: String
    /// What is wrong and what to do about it. Quotes at most a member's name, cut short.
    public let message: String

    public init(offset: Int, line: Int, column: Int, pointer: String = "", message: String) {
        self.offset = offset
        self.line = line
        self.column = column
        self.pointer = pointer
        self.message = message
    }

    init(_ message: String, at offset: Int, in input: UnsafeRawBufferPointer) {
        let before = input[..<offset]
        let lineStart = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        self.init(
            offset: offset,
            line: 1 + before.count { $0 == UInt8(ascii: "\n") },
            column: 1 + before[lineStart...].count { $0 & 0xC0 != 0x80 },
            message: message)
    }

    /// The same error seen from the value that holds this one.
    func inside(_ token: String) -> JSONError {
        var outer = self
        var escaped = "/"
        for scalar in token.unicodeScalars {
            switch scalar {
            case "~": escaped += "~0"
            case "/": escaped += "~1"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        outer.pointer = escaped + pointer
        return outer
    }
}

extension JSONError: CustomStringConvertible {
    public var description: String {
        let place = pointer.isEmpty ? "" : " (\(pointer))"
        return "line \(line), column \(column)\(place): \(message)"
    }
}
