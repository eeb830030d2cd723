/// A media type with its parameters (RFC 9110 §8.3.1): `application/json; charset=utf-8`.
public struct MediaType: Sendable, Equatable, CustomStringConvertible {
    public struct Parameter: Sendable, Equatable {
        /// In lower case.
        public var name: String
        public var value: String
    }

    /// In lower case, as is `subtype`.
    public let type: String
    public let subtype: String
    public let parameters: [Parameter]

    /// A type of the server's own, without parameters.
    public init(_ type: String, _ subtype: String) {
        self.type = type
        self.subtype = subtype
        parameters = []
    }

    /// Nil where the text is not one well-formed media type.
    public init?(parsing text: String) {
        let parts = FieldList.split(text, at: UInt8(ascii: ";"))
        guard let essence = parts.first else { return nil }
        let halves = essence.split(separator: "/", omittingEmptySubsequences: false)
        guard halves.count == 2, halves.allSatisfy({ FieldList.isToken($0) }) else { return nil }
        var parameters: [Parameter] = []
        for part in parts.dropFirst() where !part.isEmpty {
            guard let parameter = FieldList.parameter(part) else { return nil }
            parameters.append(Parameter(name: parameter.name, value: parameter.value))
        }
        type = halves[0].lowercased()
        subtype = halves[1].lowercased()
        self.parameters = parameters
    }

    public static let json = MediaType("application", "json")
    public static let mergePatch = MediaType("application", "merge-patch+json")
    public static let ndjson = MediaType("application", "x-ndjson")
    public static let problem = MediaType("application", "problem+json")
    public static let text = MediaType("text", "plain")
    public static let yaml = MediaType("application", "yaml")

    /// Without the parameters: what decides whether a body can be read.
    public var essence: String { "\(type)/\(subtype)" }

    public subscript(parameter name: String) -> String? { parameters.first { $0.name == name }?.value }

    public var description: String {
        parameters.reduce(essence) { "\($0); \($1.name)=\($1.value)" }
    }
}
