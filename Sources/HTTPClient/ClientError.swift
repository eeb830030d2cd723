/// Why there is no answer. The message says what to do, names the server but not the path, and holds no secret.
public enum ClientError: Error, Sendable {
    /// The URL is none, or of a scheme that is not spoken, or holds a user.
    case badURL(String)
    /// A field's name or value can't be sent; it would end the header or begin another one.
    case badField(String)
    case couldNotResolve(String)
    case couldNotConnect(String)
    case timedOut(String)
    case tls(String)
    /// The `DestinationPolicy` forbids the address. Nothing was sent there.
    case refusedDestination(String)
    /// The answer is over a limit.
    case tooLarge(String)
    /// The connection ended before the answer did; whether the request took effect is not known.
    case closed(String)
    /// The caller's own body or receiver threw this.
    case stopped(any Error)
    case other(String)

    public var message: String {
        switch self {
        case .badURL(let message), .badField(let message), .couldNotResolve(let message),
            .couldNotConnect(let message), .timedOut(let message), .tls(let message),
            .refusedDestination(let message), .tooLarge(let message), .closed(let message),
            .other(let message):
            message
        case .stopped(let error): "\(error)"
        }
    }
}

extension ClientError: CustomStringConvertible {
    public var description: String { message }
}
