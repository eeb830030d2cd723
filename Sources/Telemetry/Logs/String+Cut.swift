extension String {
    /// The text, or as much of it as fits with an ellipsis behind.
    func cut(toBytes bytesMax: Int) -> String {
        guard utf8.count > bytesMax else { return self }
        // An index inside a character counts as its start, where a string is sliced.
        return self[..<utf8.index(startIndex, offsetBy: bytesMax - "…".utf8.count)] + "…"
    }
}
