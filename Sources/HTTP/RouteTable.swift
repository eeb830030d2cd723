/// Finds what serves a method and a path.
///
/// A segment of the path is compared while still encoded with literals, and decoded where it is a parameter;
/// only a raw `:` in the last segment separates an action, never `%3A`. An identifier with a colon is
/// therefore sent encoded.
public struct RouteTable<Value: Sendable>: Sendable {
    public enum Match {
        /// The parameters in the template's order, decoded.
        case found(Value, parameters: PathParameters)
        /// There is such a path, but not for this method: 405 with `Allow`.
        case wrongMethod(allowed: [Method])
        case notFound
        /// A parameter has a bad escape or is not UTF-8: 400.
        case malformedPath
    }

    @usableFromInline var tree = RouteTree()
    @usableFromInline let values: [Value]

    /// - Precondition: no two entries have the same method and template, and nowhere does a literal stand
    ///   where another template has a parameter, for one would hide the other.
    public init(_ entries: [(method: Method, template: String, value: Value)]) {
        values = entries.map(\.value)
        for (index, entry) in entries.enumerated() {
            tree.add(entry.method, entry.template, value: index)
        }
    }

    /// - Parameter path: as sent: starts with `/`, percent-encoded, without the query.
    @inlinable
    public func match(_ method: Method, path: [UInt8]) -> Match {
        switch tree.match(method, path: path) {
        case .found(let value, let parameters): .found(values[value], parameters: parameters)
        case .wrongMethod(let allowed): .wrongMethod(allowed: allowed)
        case .notFound: .notFound
        case .malformedPath: .malformedPath
        }
    }
}
