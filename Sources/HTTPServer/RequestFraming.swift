import CMicroHTTPD
import Glibc
import HTTP

/// A field that may come only once, because two readers would take different ones.
public enum SingleField: UInt8, Sendable, CaseIterable {
    case host, contentLength, transferEncoding, contentType, authorization, idempotencyKey, expect

    var name: String {
        switch self {
        case .host: "Host"
        case .contentLength: "Content-Length"
        case .transferEncoding: "Transfer-Encoding"
        case .contentType: "Content-Type"
        case .authorization: "Authorization"
        case .idempotencyKey: "Idempotency-Key"
        case .expect: "Expect"
        }
    }
}

/// What the fields of a head say about where its body ends, and which of those that must be single have come.
struct RequestFraming {
    /// A bit for each `SingleField`.
    private var seen: UInt8 = 0
    private var length = 0
    private var isExpectationKnown = true

    mutating func note(_ field: cmhd_field) throws(ServerProblem) {
        // By length first: most fields are none of these.
        switch unsafe field.name_count {
        case 4 where unsafe isNamed(field, "host"):
            guard !has(.host), unsafe isHost(field) else { throw .hostNotSingle }
            try note(.host)
        case 6 where unsafe isNamed(field, "expect"):
            try note(.expect)
            isExpectationKnown = unsafe field.valueText.lowercased() == "100-continue"
        case 12 where unsafe isNamed(field, "content-type"): try note(.contentType)
        case 13 where unsafe isNamed(field, "authorization"): try note(.authorization)
        case 14 where unsafe isNamed(field, "content-length"):
            try note(.contentLength)
            length = try unsafe number(field)
        case 15 where unsafe isNamed(field, "idempotency-key"): try note(.idempotencyKey)
        case 17 where unsafe isNamed(field, "transfer-encoding"):
            try note(.transferEncoding)
        default: break
        }
    }

    /// The lengths are the same already.
    private func isNamed(_ field: cmhd_field, _ name: StaticString) -> Bool {
        unsafe strncasecmp(
            UnsafeRawPointer(field.name).assumingMemoryBound(to: CChar.self),
            UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self), name.utf8CodeUnitCount) == 0
    }

    /// What the body's length is, once all fields are noted; 0 where there is none.
    func contentLength(bytesMax: Int) throws(ServerProblem) -> Int {
        guard has(.host) else { throw .hostNotSingle }
        if has(.transferEncoding) {
            throw has(.contentLength) ? .ambiguousFraming : .lengthRequired
        }
        guard length <= bytesMax else { throw .contentTooLarge(bytesMax: bytesMax) }
        guard isExpectationKnown else { throw .unknownExpectation }
        return length
    }

    private func has(_ single: SingleField) -> Bool { seen >> single.rawValue & 1 == 1 }

    private mutating func note(_ single: SingleField) throws(ServerProblem) {
        guard !has(single) else { throw .duplicateField(single) }
        seen |= 1 << single.rawValue
    }

    /// Saturates; the library has seen to it that there are only digits.
    private func number(_ field: cmhd_field) throws(ServerProblem) -> Int {
        var number = 0
        for index in unsafe 0..<Int(field.value_count) {
            let digit = unsafe Int(field.value[index]) - Int(UInt8(ascii: "0"))
            guard (0...9).contains(digit) else { throw .malformedField }
            let (product, overflow) = number.multipliedReportingOverflow(by: 10)
            number = overflow || product > Int.max - digit ? Int.max : product + digit
        }
        return number
    }

    /// `uri-host [":" port]` (RFC 9112 §3.2), by its characters alone.
    private func isHost(_ field: cmhd_field) -> Bool {
        for index in unsafe 0..<Int(field.value_count) {
            switch unsafe field.value[index] {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"),
                UInt8(ascii: "_"),
                UInt8(ascii: ":"), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "%"), UInt8(ascii: "~"):
                continue
            default: return false
            }
        }
        return unsafe field.value_count > 0
    }
}
