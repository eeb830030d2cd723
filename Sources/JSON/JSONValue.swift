/// A JSON value (RFC 8259), as it was written: `1` is an integer, `1.0` and what 64 bits can't hold a number.
///
/// Strings and member names compare as Swift strings do: by canonical equivalence, not byte by byte.
/// There is no nil literal: beside the optionals of lookups, nil and null would be mistaken for each other.
public enum JSONValue: Sendable, Equatable {
    case null
    case bool(Bool)
    case integer(Int64)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)
}

extension JSONValue {
    public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }

    /// A number without a fraction counts too, as in JSON Schema (`1.0`, `1e3`); up to 2^53, past which
    /// doubles have gaps.
    public var integer: Int64? {
        switch self {
        case .integer(let value): value
        case .number(let value): value.magnitude <= 0x1p53 ? Int64(exactly: value) : nil
        default: nil
        }
    }

    /// An integer counts too: `30` is as good a number as `30.0` where a fraction is allowed.
    public var number: Double? {
        switch self {
        case .number(let value): value
        case .integer(let value): Double(value)
        default: nil
        }
    }

    public var string: String? { if case .string(let value) = self { value } else { nil } }

    public var array: [JSONValue]? { if case .array(let value) = self { value } else { nil } }

    public var object: JSONObject? { if case .object(let value) = self { value } else { nil } }

    public var isNull: Bool { self == .null }

    /// The member of that name, or nil where there is none or this is no object.
    public subscript(key: String) -> JSONValue? { object?[key] }

    /// The element at that place, or nil where there is none or this is no array.
    public subscript(index: Int) -> JSONValue? {
        guard case .array(let elements) = self, elements.indices.contains(index) else { return nil }
        return elements[index]
    }

    /// What this is, in words for an error message: `an object`, `a string`.
    public var kind: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .integer: "an integer"
        case .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}

extension JSONValue: ExpressibleByBooleanLiteral {
    public init(booleanLiteral value: Bool) { self = .bool(value) }
}

extension JSONValue: ExpressibleByIntegerLiteral {
    public init(integerLiteral value: Int64) { self = .integer(value) }
}

extension JSONValue: ExpressibleByFloatLiteral {
    public init(floatLiteral value: Double) { self = .number(value) }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByStringInterpolation {
    public init(stringLiteral value: String) { self = .string(value) }
}

extension JSONValue: ExpressibleByArrayLiteral {
    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
}

extension JSONValue: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(JSONObject(uniqueMembers: elements))
    }
}
