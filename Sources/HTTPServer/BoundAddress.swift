/// Where a server listens.
public struct BoundAddress: Sendable, Equatable {
    /// Numeric, without brackets.
    public var host: String
    public var port: UInt16
}

/// Why a server could not start.
public enum ServerError: Error, Equatable, CustomStringConvertible {
    /// A system call failed; `errno` as text.
    case system(call: String, reason: String)
    case unknownHost(String, reason: String)
    /// The hard limit of open descriptors is below what the configuration's connections need.
    case tooFewDescriptors(needed: Int, allowed: Int)
    /// libmicrohttpd refused, most often because a certificate or a key is not what it should be.
    case notStarted(String)

    public var description: String {
        switch self {
        case .system(let call, let reason): "\(call): \(reason)"
        case .unknownHost(let host, let reason): "the host \(host) is not known: \(reason)"
        case .tooFewDescriptors(let needed, let allowed):
            "\(needed) descriptors are needed, \(allowed) are allowed (ulimit -n)"
        case .notStarted(let reason): "the server could not start: \(reason)"
        }
    }
}
