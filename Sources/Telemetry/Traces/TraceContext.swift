/// Which trace a request belongs to and which span called: the field `traceparent` (W3C Trace Context, level 1).
public struct TraceContext: Sendable, Equatable {
    public let traceID: TraceID
    public let spanID: SpanID
    /// The caller records this trace.
    public let isSampled: Bool

    public init(traceID: TraceID, spanID: SpanID, isSampled: Bool) {
        self.traceID = traceID
        self.spanID = spanID
        self.isSampled = isSampled
    }

    /// Reads a `traceparent`: `00-<32 hex>-<16 hex>-<2 hex>`, small letters only.
    ///
    /// Nil where the specification has it ignored: version `ff`, an id of zeros, any other form. Of a version above
    /// ours the parts we know are read, and more may follow behind a dash (§ 4.3, "Versioning of traceparent").
    public init?(_ traceparent: String) {
        let bytes = Array(traceparent.utf8.prefix(56))
        guard bytes.count >= 55, [2, 35, 52].allSatisfy({ bytes[$0] == UInt8(ascii: "-") }),
            let version = number(bytes[0..<2]), version != 0xFF,
            bytes.count == 55 || (version > 0 && bytes[55] == UInt8(ascii: "-")),
            let high = number(bytes[3..<19]), let low = number(bytes[19..<35]), high | low != 0,
            let span = number(bytes[36..<52]), span != 0,
            let flags = number(bytes[53..<55])
        else { return nil }
        self.init(
            traceID: TraceID(high: high, low: low), spanID: SpanID(rawValue: span), isSampled: flags & 1 == 1)
    }

    /// The field to send on.
    public var traceparent: String { "00-\(traceID)-\(spanID)-\(isSampled ? "01" : "00")" }
}

/// 16 bytes, not all zero.
public struct TraceID: Sendable, Hashable, CustomStringConvertible {
    let high: UInt64
    let low: UInt64

    public var description: String { hex(high) + hex(low) }
}

/// 8 bytes, not all zero.
public struct SpanID: Sendable, Hashable, CustomStringConvertible {
    let rawValue: UInt64

    public var description: String { hex(rawValue) }
}

private func number(_ digits: ArraySlice<UInt8>) -> UInt64? {
    var number: UInt64 = 0
    for digit in digits {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): number = number << 4 | UInt64(digit - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"):
            number = number << 4 | UInt64(digit - UInt8(ascii: "a") + 10)
        default: return nil
        }
    }
    return number
}

private func hex(_ number: UInt64) -> String {
    let digits = String(number, radix: 16)
    return String(repeating: "0", count: 16 - digits.utf8.count) + digits
}
