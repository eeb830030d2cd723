/// Appends JSON text to bytes; commas, colons and indentation come by themselves.
///
/// It trusts its caller for the order of calls: in an object each value follows a `key`, in an array none does.
public struct JSONWriter: Sendable {
    public enum Style: Sendable {
        /// No spaces, members in their order.
        case compact
        /// Two spaces a level, a line for each member and element.
        case pretty
        /// No spaces, members sorted by the UTF-8 bytes of their names, so that equal values give equal bytes:
        /// this is what is hashed. Escapes are the shortest that RFC 8259 allows (`\b \f \n \r \t \" \\`, and
        /// `\u00xx` in small letters for other control characters, nothing else is escaped); integers are plain
        /// decimals, numbers the shortest text that reads back as the same double.
        case canonical
    }

    private enum Place { case opening, afterItem, afterKey }

    public private(set) var bytes: [UInt8] = []
    private let style: Style
    private var place = Place.opening
    private var depth = 0

    public init(style: Style = .compact, reservingBytes: Int = 256) {
        self.style = style
        bytes.reserveCapacity(reservingBytes)
    }

    // MARK: Objects and arrays

    public mutating func object<E: Error>(_ members: (inout JSONWriter) throws(E) -> Void) throws(E) {
        open(UInt8(ascii: "{"))
        try members(&self)
        close(UInt8(ascii: "}"))
    }

    public mutating func array<E: Error>(_ elements: (inout JSONWriter) throws(E) -> Void) throws(E) {
        open(UInt8(ascii: "["))
        try elements(&self)
        close(UInt8(ascii: "]"))
    }

    public mutating func key(_ name: String) {
        string(name)
        bytes.append(UInt8(ascii: ":"))
        if style == .pretty { bytes.append(UInt8(ascii: " ")) }
        place = .afterKey
    }

    public mutating func member(_ name: String, _ value: JSONValue) {
        key(name)
        self.value(value)
    }

    /// Ends a line of NDJSON: the next value starts anew.
    public mutating func endLine() {
        precondition(depth == 0, "a line ends between values")
        bytes.append(UInt8(ascii: "\n"))
        place = .opening
    }

    // MARK: Values

    public mutating func value(_ value: JSONValue) {
        switch value {
        case .null: null()
        case .bool(let value): bool(value)
        case .integer(let value): integer(value)
        case .number(let value): number(value)
        case .string(let value): string(value)
        case .array(let elements):
            array { for element in elements { $0.value(element) } }
        case .object(let members) where style == .canonical:
            object { writer in
                for (key, value) in members.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) })
                {
                    writer.member(key, value)
                }
            }
        case .object(let members):
            object { for (key, value) in members { $0.member(key, value) } }
        }
    }

    public mutating func null() { raw("null".utf8) }

    public mutating func bool(_ value: Bool) { raw((value ? "true" : "false").utf8) }

    public mutating func integer(_ value: Int64) { raw(value.description.utf8) }

    /// Infinities and NaN have no form in JSON and become null, as in ECMAScript: an answer that lacks one figure
    /// serves its reader better than none.
    public mutating func number(_ value: Double) {
        if value.isFinite { raw(value.description.utf8) } else { null() }
    }

    public mutating func string(_ value: String) {
        beginItem()
        var value = value
        value.withUTF8 { Self.appendString(bytes: UnsafeRawBufferPointer($0), to: &bytes) }
    }

    /// One whole JSON value that is written already; it is not looked at.
    public mutating func raw(_ value: some Collection<UInt8>) {
        beginItem()
        bytes.append(contentsOf: value)
    }

    // MARK: Places

    private mutating func open(_ bracket: UInt8) {
        beginItem()
        bytes.append(bracket)
        depth += 1
        place = .opening
    }

    private mutating func close(_ bracket: UInt8) {
        depth -= 1
        if place != .opening { breakLine() }
        bytes.append(bracket)
        place = .afterItem
    }

    private mutating func beginItem() {
        if place == .afterItem { bytes.append(UInt8(ascii: ",")) }
        if place != .afterKey, depth > 0 { breakLine() }
        place = .afterItem
    }

    private mutating func breakLine() {
        guard style == .pretty else { return }
        bytes.append(UInt8(ascii: "\n"))
        bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: 2 * depth))
    }
}
