import JSON
import Registry

/// How the routing snapshot writes JSON: straight into bytes, with no value or string made on the way.
extension [UInt8] {
    @inline(__always)
    mutating func append(_ text: StaticString) {
        append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// A JSON string with its quotes; the bytes are UTF-8.
    @inline(__always)
    mutating func appendJSON(_ bytes: UnsafeRawBufferPointer) {
        JSONWriter.appendString(bytes: bytes, to: &self)
    }

    mutating func appendJSON(_ text: String) {
        var text = text
        text.withUTF8 { appendJSON(UnsafeRawBufferPointer($0)) }
    }

    mutating func appendJSON(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { appendJSON($0) }
    }

    @inline(__always)
    mutating func append(_ epoch: Epoch) {
        // Almost every epoch has one digit.
        if (0...9).contains(epoch.rawValue) {
            append(UInt8(ascii: "0") + UInt8(epoch.rawValue))
        } else {
            append(contentsOf: String(epoch.rawValue).utf8)
        }
    }

    /// The comma before each member of a list but the first.
    @inline(__always)
    mutating func separate() {
        if !isEmpty { append(UInt8(ascii: ",")) }
    }

    /// `,"state":"frozen"`.
    @inline(__always)
    mutating func appendMember(_ state: TenantState) {
        switch state {
        case .serving: append(#","state":"serving""#)
        case .migrating: append(#","state":"migrating""#)
        case .frozen: append(#","state":"frozen""#)
        case .suspended: append(#","state":"suspended""#)
        }
    }
}
