import HTTPClient
import JSON

/// One call of the control plane's API.
struct APIRequest {
    enum Body {
        case none
        case json(JSONValue)
        /// An import. It is rewound and sent again where the call is retried.
        case upload(Upload)
    }

    var method: String
    var path: String
    var query: [(String, String)] = []
    var fields: [(name: String, value: String)] = []
    var body = Body.none
    /// How long the server may hold the answer back: a long poll.
    var wait: Duration?

    init(_ method: String, _ path: String, query: [(String, String)] = [], body: Body = .none) {
        self.method = method
        self.path = path
        self.query = query
        self.body = body
    }

    /// A collection, one of its items, and what is asked of the item.
    static func path(_ collection: String, _ id: String, _ suffix: String = "") -> String {
        "\(collection)/\(percentEncoded(id))\(suffix)"
    }

    var target: String {
        if query.isEmpty { return path }
        let pairs = query.map { "\(Self.percentEncoded($0))=\(Self.percentEncoded($1))" }
        return "\(path)?\(pairs.joined(separator: "&"))"
    }

    /// Everything but the unreserved characters (RFC 3986 §2.3), so that an id with a colon is no action.
    static func percentEncoded(_ text: String) -> String {
        text.utf8.reduce(into: "") { result, byte in
            let scalar = Unicode.Scalar(byte)
            if isUnreserved(byte) {
                result.unicodeScalars.append(scalar)
            } else {
                result += (byte < 16 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
            }
        }
    }

    /// The text as it is where it is not percent-encoded UTF-8.
    static func percentDecoded(_ text: String) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"),
                let code = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                bytes.append(code)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self) ?? text
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "-._~".utf8.contains(byte)
        }
    }
}

/// What came back, its body read.
struct APIAnswer {
    let status: Int
    let body: JSONValue
    /// The resource's ETag, as it came.
    var tag: String?

    var wasCreated: Bool { status == 201 }
    /// Of a write: the revision that it made.
    var revision: Int64? { body["revision"]?.integer }
}
