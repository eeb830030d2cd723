/// Signs a request as Amazon's services want it (Signature Version 4), by libcurl. In no log and in no error.
///
/// libcurl neither sorts the query nor hashes the body: the caller writes the query in the order of its names, each
/// with its `=`, and sends `x-amz-content-sha256`.
public struct RequestSignature: Sendable {
    /// `s3`.
    public var service: String
    public var region: String
    var keyID: String
    var secret: String
    var sessionToken: String?

    public init(service: String, region: String, keyID: String, secret: String, sessionToken: String? = nil) {
        self.service = service
        self.region = region
        self.keyID = keyID
        self.secret = secret
        self.sessionToken = sessionToken
    }
}

extension RequestSignature: CustomStringConvertible, CustomReflectable {
    public var description: String { "a signature for \(service) in \(region)" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
