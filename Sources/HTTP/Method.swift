/// A request method this server knows (RFC 9110 §9). Any other token is answered 501 before it gets here.
public enum Method: String, Sendable, CaseIterable {
    case get = "GET"
    case head = "HEAD"
    case put = "PUT"
    case post = "POST"
    case patch = "PATCH"
    case delete = "DELETE"
    case options = "OPTIONS"

    /// True where RFC 9110 §9.2.1 promises that nothing is changed.
    public var isSafe: Bool { self == .get || self == .head || self == .options }
}
