import JSON

/// The documents of a YAML or JSON file. A list of them, as `-o yaml` writes one, counts as its items.
enum Documents {
    static func read(_ path: String) throws(CommandFailure) -> [JSONValue] {
        let bytes = try InputFile.bytes(at: path)
        do throws(CommandFailure) {
            return try parse(bytes, isJSON: path.hasSuffix(".json"))
        } catch {
            throw .usage("\(path == "-" ? "standard input" : path): \(error.message)")
        }
    }

    /// The one document of a file.
    static func one(_ path: String) throws(CommandFailure) -> JSONValue {
        let documents = try read(path)
        guard documents.count == 1 else {
            throw .usage(
                "\(path) holds \(documents.count) documents; this command takes one (see 'cellctl apply')")
        }
        return documents[0]
    }

    static func parse(_ bytes: [UInt8], isJSON: Bool = false) throws(CommandFailure) -> [JSONValue] {
        let first = bytes.first { $0 > 0x20 }
        // What looks like JSON is nearly always JSON; if not, YAML's flow style looks the same.
        if isJSON || first == UInt8(ascii: "{") || first == UInt8(ascii: "[") {
            do throws(JSONError) {
                return items(of: try JSONValue(parsing: bytes, limits: JSONLimits(valuesMax: 10_000_000)))
            } catch {
                if isJSON { throw .usage("this is not JSON: \(error)") }
            }
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw .usage("the text is not UTF-8")
        }
        return try JSONValue.documents(yaml: text).flatMap(items)
    }

    private static func items(of document: JSONValue) -> [JSONValue] {
        if let elements = document.array { return elements }
        if let elements = document["items"]?.array, ["List", nil].contains(document["kind"]?.string) {
            return elements
        }
        return [document]
    }
}
