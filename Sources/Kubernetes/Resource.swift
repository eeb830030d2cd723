import Foundation

/// All objects of one kind in one namespace.
public struct Resource: Sendable, Hashable {
    let path: String
    public let namespace: String
    /// As people call one of them.
    public let kind: String

    private init(_ group: String, _ plural: String, kind: String, in namespace: String) {
        path = "\(group)/namespaces/\(Self.encoded(namespace))/\(plural)"
        self.namespace = namespace
        self.kind = kind
    }

    public static func statefulSets(in namespace: String) -> Resource {
        Resource("/apis/apps/v1", "statefulsets", kind: "StatefulSet", in: namespace)
    }

    public static func pods(in namespace: String) -> Resource {
        Resource("/api/v1", "pods", kind: "pod", in: namespace)
    }

    func path(of name: String) -> String { "\(path)/\(Self.encoded(name))" }

    /// A DNS subdomain (RFC 1123), which names of objects and namespaces are; so that none is mistaken for a path.
    public static func isName(_ text: String) -> Bool {
        (1...253).contains(text.utf8.count)
            && text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { part in
                part.utf8.first.map(isAlphanumeric) == true && part.utf8.last.map(isAlphanumeric) == true
                    && part.utf8.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") }
            }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
            || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    static func encoded(_ text: String) -> String {
        let unreserved = CharacterSet(charactersIn: "a"..."z").union(CharacterSet(charactersIn: "A"..."Z"))
            .union(CharacterSet(charactersIn: "0"..."9")).union(CharacterSet(charactersIn: "-._~"))
        return text.addingPercentEncoding(withAllowedCharacters: unreserved) ?? ""
    }
}

/// What an object must still be for a deletion to take place; else it is a `conflict`.
public struct Preconditions: Sendable, Equatable {
    public var uid: String
    public var resourceVersion: String

    public init(uid: String, resourceVersion: String) {
        self.uid = uid
        self.resourceVersion = resourceVersion
    }
}
