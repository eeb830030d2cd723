/// A path with holes, as OpenAPI writes it: `/v1/cells/{cell}:drain`.
///
/// A segment is a literal or one `{parameter}`, whole; the last one may carry an `:action` (AIP-136).
struct RouteTemplate {
    enum Segment: Equatable {
        case literal([UInt8])
        case parameter
    }

    var segments: [Segment]
    /// Empty where there is none.
    var action: [UInt8]

    /// - Precondition: `text` starts with `/`, has no empty segment and is not percent-encoded.
    init(_ text: String) {
        precondition(text.utf8.first == UInt8(ascii: "/"), "the template \(text) does not start with /")
        precondition(!text.utf8.contains(UInt8(ascii: "%")), "the template \(text) is percent-encoded")
        var parts = text.utf8.dropFirst().split(
            separator: UInt8(ascii: "/"), omittingEmptySubsequences: false
        )
        .map(Array.init)
        action = []
        if let last = parts.last, let colon = last.lastIndex(of: UInt8(ascii: ":")) {
            action = Array(last[(colon + 1)...])
            precondition(!action.isEmpty, "the template \(text) ends in :")
            parts[parts.count - 1] = Array(last[..<colon])
        }
        segments = parts.map { part in
            precondition(!part.isEmpty, "the template \(text) has an empty segment")
            guard part.first == UInt8(ascii: "{") else { return .literal(part) }
            precondition(
                part.last == UInt8(ascii: "}") && part.count > 2, "the template \(text) has a half parameter")
            return .parameter
        }
    }
}
