extension JSONValue {
    /// The value as UTF-8 JSON text. What the reader accepts comes back equal.
    public func encoded(_ style: JSONWriter.Style = .compact) -> [UInt8] {
        var writer = JSONWriter(style: style)
        writer.value(self)
        return writer.bytes
    }

    public func encodedString(_ style: JSONWriter.Style = .compact) -> String {
        String(decoding: encoded(style), as: UTF8.self)
    }
}
