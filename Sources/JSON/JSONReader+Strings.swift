extension JSONReader {
    /// Reads the string that starts at the quote under the position.
    mutating func string() throws(JSONError) -> String {
        let start = position
        position += 1
        let run = PlainRun(in: input, from: position)
        guard run.end < input.count, input[run.end] == UInt8(ascii: "\"") else {
            return try escapedString(from: start)
        }
        let content = UnsafeRawBufferPointer(rebasing: input[position..<run.end])
        position = run.end + 1
        return run.isASCII
            ? String(decoding: content, as: UTF8.self) : try checked(content, startingAt: start + 1)
    }

    /// The way for a string that has an escape, or that is wrong: its content is gathered run by run.
    private mutating func escapedString(from start: Int) throws(JSONError) -> String {
        var content: [UInt8] = []
        var isASCII = true
        while true {
            let run = PlainRun(in: input, from: position)
            content.append(contentsOf: input[position..<run.end])
            isASCII = isASCII && run.isASCII
            position = run.end
            switch peek() {
            case UInt8(ascii: "\""):
                position += 1
                if isASCII { return String(decoding: content, as: UTF8.self) }
                return try content.withUnsafeBufferPointer { (buffer) throws(JSONError) -> String in
                    try checked(UnsafeRawBufferPointer(buffer), startingAt: start)
                }
            case UInt8(ascii: "\\"):
                let scalar = try escape()
                isASCII = isASCII && scalar.isASCII
                content.append(contentsOf: UTF8.encode(scalar)!)
            case .some:
                throw failure("A string holds a control character; write it as an escape.", at: position)
            case nil:
                throw failure("The string that starts here has no end; close it with '\"'.", at: start)
            }
        }
    }

    private func checked(_ content: UnsafeRawBufferPointer, startingAt offset: Int) throws(JSONError)
        -> String
    {
        if let string = String(validating: content, as: UTF8.self) { return string }
        throw failure("This string is not valid UTF-8; send the document as UTF-8.", at: offset)
    }

    /// Reads the escape that starts at the backslash under the position.
    private mutating func escape() throws(JSONError) -> Unicode.Scalar {
        let start = position
        position += 1
        guard let letter = peek() else { throw unexpected("an escape after '\\'") }
        position += 1
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(letter)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): break
        default:
            throw failure(
                "This escape is unknown; JSON has \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX.", at: start)
        }
        let unit = try hexUnit(start)
        if let scalar = Unicode.Scalar(unit) { return scalar }
        if UTF16.isLeadSurrogate(unit), take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) {
            let second = try hexUnit(start)
            if UTF16.isTrailSurrogate(second) { return UTF16.decode(UTF16.EncodedScalar([unit, second])) }
        }
        throw failure(
            "Half of a surrogate pair stands alone; write both halves or the character itself.", at: start)
    }

    private mutating func hexUnit(_ start: Int) throws(JSONError) -> UInt16 {
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard let digit = peek().flatMap({ Character(UnicodeScalar($0)).hexDigitValue }) else {
                throw failure("\\u takes four hexadecimal digits.", at: start)
            }
            unit = unit << 4 | UInt16(digit)
            position += 1
        }
        return unit
    }
}
