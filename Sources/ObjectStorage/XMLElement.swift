/// An element of the XML that S3 answers with: names, text, children. No attributes, no namespaces, no entities but
/// the five of XML and numbers; nothing is fetched, nothing expands.
struct XMLElement {
    var name: String
    var text = ""
    var children: [XMLElement] = []

    private static let depthMax = 16

    /// Nil for what is not well formed, as far as this reads it.
    init?(parsing bytes: [UInt8]) {
        var open: [XMLElement] = []
        var rest = Substring(String(decoding: bytes, as: UTF8.self))
        while let start = rest.firstIndex(of: "<") {
            if !open.isEmpty {
                guard let text = Self.unescaped(rest[..<start]) else { return nil }
                open[open.count - 1].text += text
            }
            guard let end = rest[start...].firstIndex(of: ">") else { return nil }
            let tag = rest[rest.index(after: start)..<end]
            rest = rest[rest.index(after: end)...]
            if tag.hasPrefix("?") { continue }
            guard !tag.hasPrefix("!") else { return nil }
            if tag.hasPrefix("/") {
                guard let element = open.popLast(),
                    element.name == tag.dropFirst().prefix(while: { !$0.isWhitespace })
                else { return nil }
                if open.isEmpty {
                    self = element
                    return
                }
                open[open.count - 1].children.append(element)
                continue
            }
            guard open.count < Self.depthMax else { return nil }
            let element = XMLElement(name: String(tag.prefix { !$0.isWhitespace && $0 != "/" }))
            if !tag.hasSuffix("/") {
                open.append(element)
            } else if open.isEmpty {
                self = element
                return
            } else {
                open[open.count - 1].children.append(element)
            }
        }
        return nil
    }

    private init(name: String) { self.name = name }

    /// The text of the first child of that name.
    subscript(name: String) -> String? { children.first { $0.name == name }?.text }

    private static func unescaped(_ text: Substring) -> String? {
        guard text.contains("&") else { return String(text) }
        var result = ""
        var rest = text
        while let start = rest.firstIndex(of: "&") {
            result += rest[..<start]
            guard let end = rest[start...].firstIndex(of: ";") else { return nil }
            switch rest[rest.index(after: start)..<end] {
            case "amp": result += "&"
            case "lt": result += "<"
            case "gt": result += ">"
            case "quot": result += "\""
            case "apos": result += "'"
            case let name where name.hasPrefix("#x"):
                guard let scalar = UInt32(name.dropFirst(2), radix: 16).flatMap(Unicode.Scalar.init) else {
                    return nil
                }
                result.unicodeScalars.append(scalar)
            case let name where name.hasPrefix("#"):
                guard let scalar = UInt32(name.dropFirst()).flatMap(Unicode.Scalar.init) else { return nil }
                result.unicodeScalars.append(scalar)
            default: return nil
            }
            rest = rest[rest.index(after: end)...]
        }
        return result + rest
    }

    static func escaped(_ text: String) -> String {
        var result = ""
        for character in text {
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            default: result.append(character)
            }
        }
        return result
    }
}
