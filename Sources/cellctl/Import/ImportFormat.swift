import JSON
import Registry

/// Which of the two forms of a cells import a file is.
enum ImportFormat {
    static let ndjson = "application/x-ndjson"
    static let json = "application/json"

    /// A first line that is a whole JSON object by itself makes it NDJSON, unless it is a Kubernetes List on one line.
    /// What kubectl writes is spread over many lines, or too long for a line of NDJSON.
    static func mediaType(head: [UInt8]) -> String {
        let text = head.drop { $0 <= 0x20 }
        let line = text.prefix { $0 != 0x0A }
        guard line.count <= Limits.importLineBytesMax, let value = try? JSONValue(parsing: Array(line)) else {
            return isOneDocument(text) ? json : ndjson
        }
        return value["items"]?.array != nil ? json : ndjson
    }

    /// The line was cut by the end of what was read, or it opens a document of many lines. A broken first line of
    /// NDJSON must not be taken for that: the server reports it by its number, and keeps the others.
    private static func isOneDocument(_ text: ArraySlice<UInt8>) -> Bool {
        guard text.first == UInt8(ascii: "{") else { return false }
        let second = text.dropFirst().first { $0 != 0x20 && $0 != 0x0D && $0 != 0x09 }
        return second == 0x0A || !text.contains(0x0A)
    }
}
