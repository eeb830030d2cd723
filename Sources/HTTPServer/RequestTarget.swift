import Glibc
import HTTP

/// A request's target, copied from its line before libmicrohttpd cuts it to pieces.
///
/// Belongs to a connection, whose next request uses the same memory again.
struct RequestTarget {
    private(set) var path: [UInt8] = []
    private var queryBytes: [UInt8] = []
    /// Bytes as sent, with the `?`.
    private(set) var count = 0
    /// Where the `?` is; -1: nowhere.
    private(set) var mark = -1
    /// What the guard will refuse the request with.
    private(set) var problem: ServerProblem?

    var query: [UInt8]? { mark == -1 ? nil : queryBytes }

    /// - Parameter text: ended by a NUL, or by the NUL that the client sent; the guard sees the difference.
    mutating func take(_ text: UnsafePointer<UInt8>, bytesMax: Int) {
        count = 0
        mark = -1
        problem = nil
        path.removeAll(keepingCapacity: true)
        queryBytes.removeAll(keepingCapacity: true)
        var needsCare = false
        var isPlain = true
        while true {
            let byte = unsafe text[count]
            if byte == 0 { break }
            // RFC 3986 has only these; what is outside must be escaped. `.` and `%` matter in the path alone.
            if byte <= 0x20 || byte >= 0x7f { isPlain = false }
            switch byte {
            case UInt8(ascii: "?"): if mark == -1 { mark = count }
            case UInt8(ascii: "%"): if mark == -1 { needsCare = true }
            case UInt8(ascii: "."):
                if mark == -1, count > 0, unsafe text[count - 1] == UInt8(ascii: "/") { needsCare = true }
            case UInt8(ascii: "#"), UInt8(ascii: "\\"), UInt8(ascii: "\""), UInt8(ascii: "<"),
                UInt8(ascii: ">"),
                UInt8(ascii: "^"), UInt8(ascii: "`"), UInt8(ascii: "{"), UInt8(ascii: "|"), UInt8(ascii: "}"):
                isPlain = false
            default: break
            }
            count += 1
        }
        guard count <= bytesMax else {
            problem = .targetTooLong(bytesMax: bytesMax)
            return
        }
        let pathCount = mark == -1 ? count : mark
        unsafe path.append(contentsOf: UnsafeBufferPointer(start: text, count: pathCount))
        if mark != -1 {
            unsafe queryBytes.append(
                contentsOf: UnsafeBufferPointer(start: text + mark + 1, count: count - mark - 1))
        }
        if !isPlain || path.first != UInt8(ascii: "/") || needsCare && Self.isDevious(path) {
            problem = .malformedTarget
        }
    }

    /// Whether a path means another one than it shows: it has dot segments, plain or escaped, an escaped `/`,
    /// `\` or NUL, or escapes that are none or hide what is not UTF-8.
    private static func isDevious(_ path: [UInt8]) -> Bool {
        for segment in path.split(separator: UInt8(ascii: "/")) {
            guard let text = PercentEncoding.decode(segment) else { return true }
            if text == "." || text == ".." { return true }
            if text.utf8.contains(where: {
                $0 < 0x20 || $0 == 0x7f || $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\")
            }) {
                return true
            }
        }
        return false
    }
}
