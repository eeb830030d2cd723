import JSON

/// What a plain YAML scalar means: the core schema of YAML 1.2 (§10.3), in which `no`, `on` and `12:30` are strings.
enum YAMLScalar {
    /// - Throws: `usage` for an integer that does not fit 64 bits, and for infinities, which JSON can't say.
    static func value(ofPlain text: String) throws(CommandFailure) -> JSONValue {
        switch text {
        case "", "~", "null", "Null", "NULL": return .null
        case "true", "True", "TRUE": return true
        case "false", "False", "FALSE": return false
        case ".inf", ".Inf", ".INF", "+.inf", "-.inf", ".nan", ".NaN", ".NAN":
            throw .usage("the number \(text) can't be written as JSON")
        default: break
        }
        if let integer = try integer(text) { return .integer(integer) }
        if isFloat(text), let number = Double(text) {
            guard number.isFinite else { throw .usage("the number \(text) is too large") }
            return .number(number)
        }
        return .string(text)
    }

    /// True for a string that some reader of YAML, also one of the older 1.1, takes for something else when it is
    /// written plain.
    static func needsQuotes(_ text: String) -> Bool {
        if let meaning = try? value(ofPlain: text) {
            if meaning.string == nil { return true }
        } else {
            return true
        }
        if words.contains(text.lowercased()) { return true }
        guard let first = text.unicodeScalars.first, let last = text.unicodeScalars.last else { return true }
        // Numbers, times and dates of 1.1: 0b1, 1_000, 12:30:45, 2026-01-31, .5
        if "0123456789+.".unicodeScalars.contains(first) || text.hasPrefix("-") { return true }
        return first == " " || last == " " || last == ":"
            || "!&*?|>@`%\"'#{}[],=<:".unicodeScalars.contains(first)
            || text.contains(": ") || text.contains(" #") || needsEscapes(text)
    }

    /// Control characters, line breaks of all kinds and byte order marks.
    static func needsEscapes(_ text: String) -> Bool {
        text.printable != text || text.unicodeScalars.contains("\u{FEFF}")
    }

    private static let words: Set<String> = [
        "y", "n", "yes", "no", "on", "off", "true", "false", "null", "~",
    ]

    private static func integer(_ text: String) throws(CommandFailure) -> Int64? {
        var digits = Substring(text)
        var radix = 10
        if text.hasPrefix("0x") || text.hasPrefix("0o") {
            radix = text.hasPrefix("0x") ? 16 : 8
            digits = digits.dropFirst(2)
        } else if text.hasPrefix("-") || text.hasPrefix("+") {
            digits = digits.dropFirst()
        }
        guard !digits.isEmpty, digits.utf8.allSatisfy({ isDigit($0, radix) }) else { return nil }
        guard let value = Int64(radix == 10 ? Substring(text) : digits, radix: radix) else {
            throw .usage("the number \(text) does not fit 64 bits; put it in quotes if it is a name")
        }
        return value
    }

    private static func isDigit(_ byte: UInt8, _ radix: Int) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "7"): true
        case UInt8(ascii: "8"), UInt8(ascii: "9"): radix > 8
        case UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"): radix == 16
        default: false
        }
    }

    /// `[-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?`
    private static func isFloat(_ text: String) -> Bool {
        var rest = text.utf8[...]
        func digits() -> Int {
            let run = rest.prefix { (0x30...0x39).contains($0) }
            rest = rest[run.endIndex...]
            return run.count
        }
        func take(_ bytes: StaticString) -> Bool {
            guard let first = rest.first, bytes.description.utf8.contains(first) else { return false }
            rest = rest.dropFirst()
            return true
        }
        _ = take("+-")
        let whole = digits()
        let fraction = take(".") ? digits() : 0
        guard whole + fraction > 0 else { return false }
        if take("eE") {
            _ = take("+-")
            guard digits() > 0 else { return false }
        }
        return rest.isEmpty
    }
}
