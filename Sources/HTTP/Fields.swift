/// The name of a header field, kept in lower case because names compare without case (RFC 9110 §5.1).
public struct FieldName: Hashable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
    public let lowercased: String

    public init(_ name: String) { lowercased = name.lowercased() }
    public init(stringLiteral name: StaticString) { self.init("\(name)") }
    public var description: String { lowercased }

    public static let accept: FieldName = "accept"
    public static let acceptEncoding: FieldName = "accept-encoding"
    public static let allow: FieldName = "allow"
    public static let auditReason: FieldName = "audit-reason"
    public static let authorization: FieldName = "authorization"
    public static let cacheControl: FieldName = "cache-control"
    public static let contentEncoding: FieldName = "content-encoding"
    public static let contentLength: FieldName = "content-length"
    public static let contentType: FieldName = "content-type"
    public static let etag: FieldName = "etag"
    public static let idempotencyKey: FieldName = "idempotency-key"
    public static let ifMatch: FieldName = "if-match"
    public static let ifNoneMatch: FieldName = "if-none-match"
    public static let ifPlanMatch: FieldName = "if-plan-match"
    public static let location: FieldName = "location"
    public static let retryAfter: FieldName = "retry-after"
    public static let traceparent: FieldName = "traceparent"
    public static let vary: FieldName = "vary"
    public static let wwwAuthenticate: FieldName = "www-authenticate"
    public static let xRequestID: FieldName = "x-request-id"
}

/// Header fields in the order they were sent. Few enough that a scan beats a dictionary.
public struct Fields: Sendable, Equatable, ExpressibleByDictionaryLiteral {
    public struct Field: Sendable, Equatable {
        public var name: FieldName
        public var value: String
    }

    public private(set) var all: [Field]
    private static let usualCount = 6

    public init() { all = [] }
    public init(dictionaryLiteral elements: (FieldName, String)...) {
        all = elements.map { Field(name: $0.0, value: $0.1) }
    }

    /// The first value of that name; setting replaces every one, setting nil removes them.
    public subscript(_ name: FieldName) -> String? {
        get { all.first { $0.name == name }?.value }
        set {
            if all.contains(where: { $0.name == name }) { all.removeAll { $0.name == name } }
            if let newValue { append(name, newValue) }
        }
    }

    public mutating func append(_ name: FieldName, _ value: String) {
        // Room for what most answers have, in one allocation instead of three.
        if all.capacity < Self.usualCount { all.reserveCapacity(Self.usualCount) }
        all.append(Field(name: name, value: value))
    }
}
