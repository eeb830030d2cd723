// What others said, made fit for people and for rows of limited length.
extension String {
    /// Each control and line separator, and each mark that turns the direction of writing, is a space.
    var onOneLine: String {
        var result = ""
        for scalar in unicodeScalars {
            switch scalar.value {
            case 0...0x1F, 0x7F...0x9F, 0x2028...0x202E, 0x2066...0x2069: result.unicodeScalars.append(" ")
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    func cut(toBytes bytesMax: Int) -> String {
        guard utf8.count > bytesMax else { return self }
        // An index inside a character counts as its start, where a string is sliced.
        return self[..<utf8.index(startIndex, offsetBy: bytesMax - "…".utf8.count)] + "…"
    }
}
