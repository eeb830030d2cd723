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
        var found: String?
        unsafe withValue(of: name) { found = unsafe String(decoding: $0, as: UTF8.self) }
        return found
    }

    func withValue(of name: FieldName, _ use: (UnsafeBufferPointer<UInt8>) -> Void) {
        var wanted = name.lowercased
        wanted.withUTF8 { wanted in
            guard let first = unsafe index(of: wanted, from: 0) else { return }
            var next = unsafe index(of: wanted, from: first + 1)
            guard next != nil else { return unsafe use(table[first].valueBytes) }
            var joined = unsafe table[first].valueText
            while let other = next {
                joined += ", \(unsafe table[other].valueText)"
                next = unsafe index(of: wanted, from: other + 1)
            }
            joined.withUTF8(use)
        }
    }

    private func index(of lowercased: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
        for index in start..<max(start, table.keptCount) where unsafe table[index].isNamed(lowercased) {
            return index
        }
        return nil
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
    var valueBytes: UnsafeBufferPointer<UInt8> {
        var count = unsafe Int(value_count)
        while count > 0 {
            let last = unsafe value[count - 1]
            guard last == UInt8(ascii: " ") || last == UInt8(ascii: "\t") else { break }
            count -= 1
        }
        return unsafe UnsafeBufferPointer(start: value, count: count)
    }

    var valueText: String { unsafe String(decoding: valueBytes, as: UTF8.self) }

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
