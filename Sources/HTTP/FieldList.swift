/// The grammar that structured field values share (RFC 9110 §5.6): lists, tokens, parameters, weights.
enum FieldList {
    /// The members between separators that are not within a quoted string, without the white space around
    /// them.
    static func split(_ text: String, at separator: UInt8) -> [Substring] {
        var members: [Substring] = []
        var start = text.utf8.startIndex
        var quoted = false
        var escaped = false
        for index in text.utf8.indices {
            let byte = text.utf8[index]
            if escaped {
                escaped = false
            } else if quoted, byte == UInt8(ascii: "\\") {
                escaped = true
            } else if byte == UInt8(ascii: "\"") {
                quoted.toggle()
            } else if byte == separator, !quoted {
                members.append(trimmed(text[start..<index]))
                start = text.utf8.index(after: index)
            }
        }
        members.append(trimmed(text[start...]))
        return members
    }

    /// `name=token` or `name="quoted"`; the name in lower case.
    static func parameter(_ text: Substring) -> (name: String, value: String)? {
        guard let equals = text.firstIndex(of: "="), isToken(text[..<equals]) else { return nil }
        let name = text[..<equals].lowercased()
        let value = text[text.index(after: equals)...]
        if isToken(value) { return (name, String(value)) }
        guard value.utf8.count >= 2, value.first == "\"", value.last == "\"" else { return nil }
        var unquoted = ""
        var escaped = false
        for character in value.dropFirst().dropLast() {
            if !escaped, character == "\\" {
                escaped = true
                continue
            }
            if !escaped, character == "\"" { return nil }
            unquoted.append(character)
            escaped = false
        }
        return escaped ? nil : (name, unquoted)
    }

    /// A quality value in thousandths: `1`, `0.5`, `0.123` (RFC 9110 §12.4.2); nil where it is anything else.
    static func thousandths(_ text: String) -> Int? {
        let digits = Array(text.utf8)
        guard let first = digits.first, first == UInt8(ascii: "0") || first == UInt8(ascii: "1") else {
            return nil
        }
        guard digits.count > 1 else { return Int(first - UInt8(ascii: "0")) * 1_000 }
        guard digits[1] == UInt8(ascii: "."), digits.count <= 5 else { return nil }
        var value = Int(first - UInt8(ascii: "0")) * 1_000
        var unit = 100
        for digit in digits.dropFirst(2) {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            value += Int(digit - UInt8(ascii: "0")) * unit
            unit /= 10
        }
        return value <= 1_000 ? value : nil
    }

    /// RFC 9110 §5.6.2, at least one character.
    static func isToken(_ text: Substring) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default:
                    "!#$%&'*+-.^_`|~".utf8.contains(byte)
                }
            }
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var bytes = text.utf8
        bytes.trimSpace()
        return Substring(bytes)
    }
}
