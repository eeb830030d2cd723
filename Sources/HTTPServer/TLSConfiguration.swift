/// TLS as a server offers it; TLS 1.2 and 1.3.
public struct TLSConfiguration: Sendable {
    public enum ClientCertificate: Sendable {
        /// None is asked for.
        case none
        /// Asked for; who sends none is served without names, who sends a bad one gets 403.
        case request
        /// Who sends none, or a bad one, gets 403.
        case require
    }

    /// PEM: the server's certificate, then those between it and the root.
    public var certificate: String
    /// PEM.
    public var key: String
    /// PEM: the authorities whose signature makes a client's certificate good.
    public var clientAuthorities: String?
    public var clientCertificate: ClientCertificate

    public init(
        certificate: String, key: String, clientAuthorities: String? = nil,
        clientCertificate: ClientCertificate = .none
    ) {
        precondition(
            clientCertificate == .none || clientAuthorities != nil,
            "client certificates need an authority to trust")
        self.certificate = certificate
        self.key = key
        self.clientAuthorities = clientAuthorities
        self.clientCertificate = clientCertificate
    }

    /// GnuTLS's own 192-bit level, without what came before TLS 1.2.
    static let priorities = "SECURE192:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"
}
