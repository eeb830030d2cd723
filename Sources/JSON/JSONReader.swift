// The reader of JSON text: RFC 8259 to the letter, and stricter where the RFC leaves a choice.
//
// - UTF-8 alone, checked, without a byte order mark; escapes of lone surrogates are refused.
// - A name that appears twice in an object is refused, since two readers might each take another one. Names
//   that are canonically equivalent count as the same.
// - A number without fraction and exponent is an integer and must fit Int64; nothing is rounded in silence.
//   Any other is a double and must be finite.
// - Depth, values and the length of a number are limited; bytes after the value are refused.
//
// One pass over the bytes, by recursive descent. Errors gather their JSON Pointer while they unwind, so that the
// path costs nothing while all is well.

extension JSONValue {
    /// Reads one document.
    ///
    /// - Throws: `JSONError` at the first thing that is wrong.
    public init(parsing bytes: [UInt8], limits: JSONLimits = .standard) throws(JSONError) {
        self = try bytes.withUnsafeBufferPointer { (buffer) throws(JSONError) -> JSONValue in
            try JSONValue(parsing: UnsafeRawBufferPointer(buffer), limits: limits)
        }
    }

    /// Reads one document where it lies. Nothing of the result points into it.
    ///
    /// - Throws: `JSONError` at the first thing that is wrong.
    public init(parsing bytes: UnsafeRawBufferPointer, limits: JSONLimits = .standard) throws(JSONError) {
        var reader = JSONReader(input: bytes, limits: limits)
        self = try reader.document()
    }
}

struct JSONReader {
    let input: UnsafeRawBufferPointer
    let limits: JSONLimits
    var position = 0
    private var valuesCount = 0

    init(input: UnsafeRawBufferPointer, limits: JSONLimits) {
        self.input = input
        self.limits = limits
    }

    mutating func document() throws(JSONError) -> JSONValue {
        if input.starts(with: [0xEF, 0xBB, 0xBF]) {
            throw failure("The document starts with a byte order mark; send UTF-8 without one.", at: 0)
        }
        skipSpace()
        if position == input.count {
            throw failure("The document is empty; send one JSON value.", at: position)
        }
        let value = try value(depth: 0)
        skipSpace()
        if position < input.count {
            throw unexpected("the end of the document after its value")
        }
        return value
    }

    private mutating func value(depth: Int) throws(JSONError) -> JSONValue {
        skipSpace()
        valuesCount += 1
        if valuesCount > limits.valuesMax {
            throw failure(
                "The document has more than \(limits.valuesMax) values; send it in parts.", at: position)
        }
        guard let byte = peek() else { throw unexpected("a value") }
        switch byte {
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "{"): return .object(try object(depth: try deeper(depth)))
        case UInt8(ascii: "["): return .array(try array(depth: try deeper(depth)))
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        default: throw unexpected("a value")
        }
    }

    private func deeper(_ depth: Int) throws(JSONError) -> Int {
        if depth == limits.depthMax {
            throw failure(
                "The document is nested more than \(limits.depthMax) deep; make it flatter.", at: position)
        }
        return depth + 1
    }

    private mutating func array(depth: Int) throws(JSONError) -> [JSONValue] {
        position += 1
        skipSpace()
        if take(UInt8(ascii: "]")) { return [] }
        var elements: [JSONValue] = []
        while true {
            do throws(JSONError) {
                elements.append(try value(depth: depth))
            } catch {
                throw error.inside(String(elements.count))
            }
            skipSpace()
            if take(UInt8(ascii: ",")) { continue }
            if take(UInt8(ascii: "]")) { return elements }
            throw unexpected("',' or ']' after an element")
        }
    }

    private mutating func object(depth: Int) throws(JSONError) -> JSONObject {
        position += 1
        var object = JSONObject()
        skipSpace()
        if take(UInt8(ascii: "}")) { return object }
        object.reserveCapacity(4)
        while true {
            skipSpace()
            let start = position
            guard peek() == UInt8(ascii: "\"") else { throw unexpected("a member's name in double quotes") }
            let key = try string()
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw unexpected("':' after a member's name").inside(key) }
            let member: JSONValue
            do throws(JSONError) {
                member = try value(depth: depth)
            } catch {
                throw error.inside(key)
            }
            guard object.append(key, member) else {
                throw failure("The member \(Self.quoted(key)) is there twice; keep one.", at: start).inside(
                    key)
            }
            skipSpace()
            if take(UInt8(ascii: ",")) { continue }
            if take(UInt8(ascii: "}")) { return object }
            throw unexpected("',' or '}' after a member")
        }
    }

    private mutating func literal(_ word: StaticString, _ value: JSONValue) throws(JSONError) -> JSONValue {
        let end = position + word.utf8CodeUnitCount
        let expected = UnsafeRawBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
        guard end <= input.count, input[position..<end].elementsEqual(expected) else {
            throw failure(
                "Expected \(word) here; words are written in small letters and whole.", at: position)
        }
        position = end
        return value
    }
}

// MARK: Bytes

extension JSONReader {
    /// The byte at the position, or nil at the end.
    @inline(__always)
    func peek() -> UInt8? { position < input.count ? input[position] : nil }

    @inline(__always)
    mutating func take(_ byte: UInt8) -> Bool {
        guard peek() == byte else { return false }
        position += 1
        return true
    }

    @inline(__always)
    private mutating func skipSpace() {
        while let byte = peek(), byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
            position += 1
        }
    }

    func failure(_ message: String, at offset: Int) -> JSONError { JSONError(message, at: offset, in: input) }

    func unexpected(_ expected: String) -> JSONError {
        guard let byte = peek() else {
            return failure("Expected \(expected), but the document ends here; send it whole.", at: position)
        }
        let found =
            (0x21...0x7E).contains(byte)
            ? "'\(Character(UnicodeScalar(byte)))'" : "the byte 0x\(String(byte, radix: 16, uppercase: true))"
        return failure("Expected \(expected), found \(found).", at: position)
    }

    private static func quoted(_ key: String) -> String {
        let cut = String(key.prefix(64))
        return JSONValue.string(cut.utf8.count < key.utf8.count ? cut + "…" : cut).encodedString()
    }
}
