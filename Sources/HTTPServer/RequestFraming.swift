import CMicroHTTPD
import Glibc
import HTTP

/// What the fields of a head say about where its body ends, and which of those that must be single have come.
struct RequestFraming {
    private struct Singles: OptionSet {
        let rawValue: UInt8
        static let host = Singles(rawValue: 1)
        static let contentLength = Singles(rawValue: 2)
        static let transferEncoding = Singles(rawValue: 4)
        static let contentType = Singles(rawValue: 8)
        static let authorization = Singles(rawValue: 16)
        static let idempotencyKey = Singles(rawValue: 32)
        static let expect = Singles(rawValue: 64)
    }

    private var seen: Singles = []
    private var length = 0
    private var isExpectationKnown = true

    mutating func note(_ field: cmhd_field) throws(ServerProblem) {
        // By length first: most fields are none of these.
        switch unsafe field.name_count {
        case 4 where unsafe field.isNamed("host"):
            guard !seen.contains(.host), unsafe isHost(field) else { throw .hostNotSingle }
            seen.insert(.host)
        case 6 where unsafe field.isNamed("expect"):
            try note(.expect, "Expect")
            isExpectationKnown = unsafe field.valueText.lowercased() == "100-continue"
        case 12 where unsafe field.isNamed("content-type"): try note(.contentType, "Content-Type")
        case 13 where unsafe field.isNamed("authorization"): try note(.authorization, "Authorization")
        case 14 where unsafe field.isNamed("content-length"):
            try note(.contentLength, "Content-Length")
            length = try unsafe number(field)
        case 15 where unsafe field.isNamed("idempotency-key"): try note(.idempotencyKey, "Idempotency-Key")
        case 17 where unsafe field.isNamed("transfer-encoding"):
            try note(.transferEncoding, "Transfer-Encoding")
        default: break
        }
    }

    /// What the body's length is, once all fields are noted; 0 where there is none.
    func contentLength(bytesMax: Int) throws(ServerProblem) -> Int {
        guard seen.contains(.host) else { throw .hostNotSingle }
        if seen.contains(.transferEncoding) {
            throw seen.contains(.contentLength) ? .ambiguousFraming : .lengthRequired
        }
        guard length <= bytesMax else { throw .contentTooLarge(bytesMax: bytesMax) }
        guard isExpectationKnown else { throw .unknownExpectation }
        return length
    }

    private mutating func note(_ single: Singles, _ name: String) throws(ServerProblem) {
        guard seen.insert(single).inserted else { throw .duplicateField(name) }
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
