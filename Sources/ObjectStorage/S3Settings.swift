import HTTPClient

/// How an S3 service is reached, and as whom.
public struct S3Settings: Sendable {
    /// Where the keys come from.
    public enum Credentials: Sendable {
        case fixed(keyID: String, secret: String, sessionToken: String?)
        /// A folder with the files `access-key-id`, `secret-access-key` and, if there is one, `session-token`, as
        /// Kubernetes mounts a secret: read for each request, since they change.
        case folder(String)
    }

    /// Nil: Amazon's, with the bucket in the host's name.
    public let endpoint: String?
    public let region: String
    let credentials: Credentials

    /// - Parameter endpoint: `https://host:port`, or `http://` where the network is trusted; without path. The bucket is
    ///   then the path's first part, which every service of this kind understands.
    /// - Throws: `StorageError.other` with what is wrong.
    public init(endpoint: String?, region: String, credentials: Credentials) throws(StorageError) {
        guard !region.isEmpty,
            region.utf8.allSatisfy({
                $0 == UInt8(ascii: "-") || (0x30...0x39).contains($0) || (0x61...0x7A).contains($0)
            })
        else { throw .other("The region must be lower-case letters, digits and hyphens, not '\(region)'.") }
        var endpoint = endpoint
        if endpoint?.hasSuffix("/") == true { endpoint?.removeLast() }
        if let endpoint {
            let host = endpoint.drop { $0 != ":" }.dropFirst(3)
            guard (try? Destination(endpoint)) != nil, !host.contains(where: { "/?#@".contains($0) }) else {
                throw .other("The endpoint must be like https://s3.example.com:9000, without a path.")
            }
        }
        if case .fixed(let keyID, let secret, _) = credentials, keyID.isEmpty || secret.isEmpty {
            throw .refused(
                "There are no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a folder with the files."
            )
        }
        self.endpoint = endpoint
        self.region = region
        self.credentials = credentials
    }

    /// Scheme and host of a bucket, and the path before a key.
    func base(of bucket: String) -> String {
        endpoint.map { "\($0)/\(bucket)" } ?? "https://\(bucket).s3.\(region).amazonaws.com"
    }

    /// - Throws: `StorageError.refused` where a file can't be read; its content is in no message.
    func signature() throws(StorageError) -> RequestSignature {
        switch credentials {
        case .fixed(let keyID, let secret, let token):
            return RequestSignature(
                service: "s3", region: region, keyID: keyID, secret: secret, sessionToken: token)
        case .folder(let folder):
            guard let keyID = try Self.line(folder + "/access-key-id"),
                let secret = try Self.line(folder + "/secret-access-key")
            else { throw .refused("\(folder) must hold the files access-key-id and secret-access-key.") }
            return RequestSignature(
                service: "s3", region: region, keyID: keyID, secret: secret,
                sessionToken: try Self.line(folder + "/session-token"))
        }
    }

    /// Nil for a file that is not there, or empty.
    private static func line(_ path: String) throws(StorageError) -> String? {
        let bytes: [UInt8]
        do {
            bytes = try File.reading(path).read(16 << 10)
        } catch .notFound {
            return nil
        }
        let line = String(decoding: bytes, as: UTF8.self).filter { !$0.isWhitespace }
        return line.isEmpty ? nil : line
    }
}
