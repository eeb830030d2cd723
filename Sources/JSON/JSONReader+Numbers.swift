extension JSONReader {
    /// Reads the number that starts at the position, at a digit or a minus sign.
    mutating func number() throws(JSONError) -> JSONValue {
        let start = position
        let isNegative = take(UInt8(ascii: "-"))
        let magnitude = try integerPart()
        var isInteger = true
        if take(UInt8(ascii: ".")) {
            isInteger = false
            guard digits() else { throw unexpected("a digit after the decimal point") }
        }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            isInteger = false
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            guard digits() else { throw unexpected("a digit in the exponent") }
        }
        if isInteger, let magnitude, let value = integer(magnitude, isNegative: isNegative) {
            return .integer(value)
        }
        return try double(from: start)
    }

    /// The digits before a point or exponent; nil where they are too many for 64 bits.
    private mutating func integerPart() throws(JSONError) -> UInt64? {
        let start = position
        guard digits() else { throw unexpected("a digit") }
        if input[start] == UInt8(ascii: "0"), position > start + 1 {
            throw failure("A number must not start with a needless zero; leave it out.", at: start)
        }
        // Nineteen digits are less than 10^19, which fits UInt64.
        guard position - start <= 19 else { return nil }
        return input[start..<position].reduce(0) { $0 &* 10 &+ UInt64($1 &- UInt8(ascii: "0")) }
    }

    private mutating func digits() -> Bool {
        let start = position
        while let byte = peek(), byte &- UInt8(ascii: "0") < 10 { position += 1 }
        return position > start
    }

    /// Nil where it does not fit: a number it is all the same, and whoever needs an integer says which ones do.
    private func integer(_ magnitude: UInt64, isNegative: Bool) -> Int64? {
        guard isNegative else { return Int64(exactly: magnitude) }
        return magnitude <= Int64.min.magnitude ? Int64(truncatingIfNeeded: 0 &- magnitude) : nil
    }

    private func double(from start: Int) throws(JSONError) -> JSONValue {
        if position - start > limits.numberBytesMax {
            throw failure("This number has more than \(limits.numberBytesMax) bytes; shorten it.", at: start)
        }
        let text = String(decoding: UnsafeRawBufferPointer(rebasing: input[start..<position]), as: UTF8.self)
        guard let value = Double(text), value.isFinite else {
            throw failure("This number is too large for a double; send a smaller one.", at: start)
        }
        return .number(value)
    }
}
