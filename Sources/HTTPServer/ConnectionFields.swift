import CMicroHTTPD
import Glibc
import HTTP

/// The fields of the request that a loop has before it, where they lie in the connection's memory.
///
/// One table a loop, filled for each head; what a handler looks up while it decides is found here. On the
/// loop's thread, and valid until the next head.
@safe final class FieldTable {
    private let storage: UnsafeMutableBufferPointer<cmhd_field>
    /// How many the request has; those that do not fit are counted, not kept, and the guard refuses the
    /// request.
    private(set) var count = 0

    init(fieldsMax: Int) {
        unsafe storage = .allocate(capacity: fieldsMax)
        unsafe storage.initialize(repeating: cmhd_field())
    }

    deinit { unsafe storage.deallocate() }

    func fill(from connection: OpaquePointer) {
        count = unsafe cmhd_fields(connection, storage.baseAddress, storage.count)
    }

    var keptCount: Int { unsafe min(count, storage.count) }

    subscript(_ index: Int) -> cmhd_field { unsafe storage[index] }
}

/// Shows a table to `RequestHead`.
struct ConnectionFields: FieldSource {
    let table: FieldTable

    /// Values of a field that came more than once are joined as a list (RFC 9110 §5.2).
    func value(of name: FieldName) -> String? {
        var wanted = name.lowercased
        return wanted.withUTF8 { wanted in
            var found: String?
            for index in 0..<table.keptCount {
                let field = unsafe table[index]
                guard unsafe field.isNamed(wanted) else { continue }
                let value = unsafe field.valueText
                found = found.map { "\($0), \(value)" } ?? value
            }
            return found
        }
    }

    func allFields() -> Fields {
        var all = Fields()
        for index in 0..<table.keptCount {
            let field = unsafe table[index]
            unsafe all.append(FieldName(field.nameText), field.valueText)
        }
        return all
    }
}

extension cmhd_field {
    var nameText: String {
        unsafe String(decoding: UnsafeBufferPointer(start: name, count: Int(name_count)), as: UTF8.self)
    }

    /// Without the white space behind it, which the library leaves there.
    var valueText: String {
        var bytes = unsafe UnsafeBufferPointer(start: value, count: Int(value_count))
        while let last = unsafe bytes.last, last == UInt8(ascii: " ") || last == UInt8(ascii: "\t") {
            unsafe bytes = UnsafeBufferPointer(rebasing: bytes.dropLast())
        }
        return unsafe String(decoding: bytes, as: UTF8.self)
    }

    /// - Parameter lowercased: the wanted name in lower case.
    func isNamed(_ lowercased: UnsafeBufferPointer<UInt8>) -> Bool {
        guard unsafe lowercased.count == Int(name_count) else { return false }
        for index in lowercased.indices {
            let (own, wanted) = unsafe (name[index], lowercased[index])
            // A name is a token, of which only letters differ by this bit alone.
            guard own == wanted || own | 0x20 == wanted && (0x41...0x5a).contains(own) else { return false }
        }
        return true
    }
}
