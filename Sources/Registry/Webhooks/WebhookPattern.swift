/// Which events a webhook is told of: `*`, `rollout.*`, `*.failed` or `drain.succeeded`.
public struct WebhookPattern: Sendable, Hashable, CustomStringConvertible {
    public static let rule =
        "must be a type of event like drain.succeeded, or a pattern like rollout.*, *.failed or *; the types are \(WebhookEvent.types.joined(separator: ", "))"

    public let rawValue: String
    private let noun: Substring
    private let what: Substring

    /// Nil for what no event's type can be: misspelt, it would keep quiet for ever.
    public init?(_ text: String) {
        rawValue = text
        let parts = (text == "*" ? "*.*" : text).split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        (noun, what) = (parts[0], parts[1])
        guard text != "*.*", WebhookEvent.types.contains(where: matches) else { return nil }
    }

    public static let all = WebhookPattern("*")!

    public func matches(_ type: String) -> Bool {
        let parts = type.split(separator: ".")
        return parts.count == 2 && (noun == "*" || noun == parts[0]) && (what == "*" || what == parts[1])
    }

    public var description: String { rawValue }
}
