/// Where files are kept: a folder's path, or `s3://bucket/prefix`.
public enum StorageLocation: Sendable, Equatable, CustomStringConvertible {
    case folder(String)
    /// The prefix has neither a slash at its start nor at its end, and may be empty.
    case s3(bucket: String, prefix: String)

    /// Nil for a bucket's name that can't be one, for a prefix that could leave its place, and for any other scheme.
    public init?(_ text: String) {
        guard text.hasPrefix("s3://") else {
            guard !text.isEmpty, !text.utf8.contains(0), !text.contains("://") else { return nil }
            self = .folder(text)
            return
        }
        let parts = text.dropFirst(5).split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let bucket = parts.first, Self.isBucket(bucket) else { return nil }
        let prefix = (parts.count > 1 ? parts[1] : "").split(separator: "/")
        guard prefix.allSatisfy({ $0 != "." && $0 != ".." }),
            prefix.joined().utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F })
        else { return nil }
        self = .s3(bucket: String(bucket), prefix: prefix.joined(separator: "/"))
    }

    public var description: String {
        switch self {
        case .folder(let path): path
        case .s3(let bucket, let prefix): prefix.isEmpty ? "s3://\(bucket)" : "s3://\(bucket)/\(prefix)"
        }
    }

    /// 3 to 63 lower-case letters, digits, dots and hyphens (docs.aws.amazon.com: bucket naming rules).
    private static func isBucket(_ text: Substring) -> Bool {
        (3...63).contains(text.utf8.count) && !text.contains("..")
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                    UInt8(ascii: "-"), UInt8(ascii: "."):
                    true
                default: false
                }
            }
    }
}
