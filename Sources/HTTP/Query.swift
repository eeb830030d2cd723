/// The named parameters of a query (`a=1&b=x+y`), each at most once.
///
/// A name without `=` has the empty value; empty pairs (`a=1&&b=2`) are skipped; `+` is a space, as HTML
/// forms have it. A parameter that comes twice is refused, because two readers would take different ones.
public struct Query: Sendable, Equatable {
    private var pairs: [Pair] = []

    private struct Pair: Sendable, Equatable {
        var name: String
        var value: String
    }

    /// - Parameter raw: what stands behind `?`, still percent-encoded; nil is an empty query.
    public init(_ raw: [UInt8]?) throws(QueryError) {
        guard let raw else { return }
        for pair in raw.split(separator: UInt8(ascii: "&")) {
            let equals = pair.firstIndex(of: UInt8(ascii: "="))
            guard let name = PercentEncoding.decode(pair[..<(equals ?? pair.endIndex)], plusIsSpace: true),
                !name.isEmpty
            else { throw .malformedName }
            guard
                let value = PercentEncoding.decode(equals.map { pair[($0 + 1)...] } ?? [], plusIsSpace: true)
            else { throw .malformedValue(name: name) }
            guard self[name] == nil else { throw .duplicate(name: name) }
            pairs.append(Pair(name: name, value: value))
        }
    }

    /// The value of a parameter, nil where it was not sent.
    public subscript(_ name: String) -> String? { pairs.first { $0.name == name }?.value }

    /// The names in the order they were sent, so that unknown ones can be refused by name.
    public var names: [String] { pairs.map(\.name) }
}

/// What is wrong with a query; the name is safe to show to whoever sent it.
public enum QueryError: Error, Equatable {
    /// A name is empty, or has a bad escape, or is not UTF-8.
    case malformedName
    /// A value has a bad escape or is not UTF-8.
    case malformedValue(name: String)
    case duplicate(name: String)
}
