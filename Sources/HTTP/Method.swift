/// A request method this server knows (RFC 9110 §9). Any other token is answered 501 before it gets here.
public enum Method: String, Sendable, CaseIterable {
    case get = "GET"
    case head = "HEAD"
    case put = "PUT"
    case post = "POST"
    case patch = "PATCH"
    case delete = "DELETE"
    case options = "OPTIONS"
    /// Known so that it is answered 405 with `Allow`, as RFC 9110 §15.5.6 has it; nothing serves it.
    case trace = "TRACE"

    /// True where RFC 9110 §9.2.1 promises that nothing is changed.
    public var isSafe: Bool { self == .get || self == .head || self == .options || self == .trace }
}
