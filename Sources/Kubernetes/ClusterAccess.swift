import Foundation
import HTTPClient

/// Where a cluster's API server is, and whom its client is there.
public struct ClusterAccess: Sendable, Equatable {
    public enum Identity: Sendable, Equatable {
        /// A file with a bearer token. It is read for each call: a service account's token rotates in place.
        case tokenFile(String)
        /// PEM files.
        case certificate(file: String, keyFile: String)
        /// For `kubectl proxy`, which adds its own.
        case none
    }

    /// What is wrong with the settings, in words for the operator.
    public struct Invalid: Error, Sendable, Equatable {
        public let message: String
    }

    /// `https://host:port`, perhaps with a path that each call's goes behind; no `/` at the end.
    public let server: String
    /// PEM, in place of the system's authorities.
    public let authoritiesFile: String?
    public let identity: Identity

    /// - Throws: `Invalid` for what can't be called, and for plain http to another machine: tokens would be read on the
    ///   way, and images set by whoever stands there.
    public init(server: String, authoritiesFile: String? = nil, identity: Identity) throws(Invalid) {
        let destination: Destination
        do throws(ClientError) {
            destination = try Destination(server)
        } catch {
            throw Invalid(message: error.message)
        }
        guard !server.contains("?"), !server.contains("#") else {
            throw Invalid(message: "The URL of the API server has no query and no fragment.")
        }
        guard !destination.isPlain || Self.loopback.contains(destination.host) else {
            throw Invalid(message: "Plain http is for an API server on this machine alone; use https.")
        }
        var trimmed = server[...]
        while trimmed.last == "/" { trimmed.removeLast() }
        self.server = String(trimmed)
        self.authoritiesFile = authoritiesFile
        self.identity = identity
    }

    private static let loopback = ["127.0.0.1", "[::1]", "localhost"]

    /// What Kubernetes gives to each pod.
    public static let serviceAccountFolder = "/var/run/secrets/kubernetes.io/serviceaccount"

    /// The access of the pod that this process runs in; nil outside of one.
    ///
    /// - Throws: `Invalid` where the environment names an API server, and the service account is not mounted.
    public static func inPod(
        environment: [String: String] = ProcessInfo.processInfo.environment,
        folder: String = serviceAccountFolder
    ) throws(Invalid) -> ClusterAccess? {
        guard let host = environment["KUBERNETES_SERVICE_HOST"], !host.isEmpty,
            let port = environment["KUBERNETES_SERVICE_PORT"], !port.isEmpty
        else { return nil }
        let token = "\(folder)/token"
        guard FileManager.default.isReadableFile(atPath: token) else {
            throw Invalid(message: "This pod has no service account: \(token) can't be read.")
        }
        return try ClusterAccess(
            server: "https://\(host.contains(":") ? "[\(host)]" : host):\(port)",
            authoritiesFile: "\(folder)/ca.crt", identity: .tokenFile(token))
    }
}

extension ClusterAccess {
    /// The token, as it is now.
    ///
    /// - Throws: `unauthorized` where its file can't be read or holds none.
    func bearerToken() throws(KubernetesError) -> String? {
        guard case .tokenFile(let path) = identity else { return nil }
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw .unauthorized("The token's file \(path) can't be read.")
        }
        let token = text.trimmingCharacters(in: .whitespacesAndNewlines)
        guard !token.isEmpty, token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw .unauthorized("The file \(path) holds no token.")
        }
        return token
    }

    var client: HTTPClient {
        var configuration = ClientConfiguration()
        configuration.allowsPlainHTTP = server.hasPrefix("http://")
        configuration.tls.authoritiesFile = authoritiesFile
        if case .certificate(let file, let keyFile) = identity {
            configuration.tls.certificateFile = file
            configuration.tls.keyFile = keyFile
        }
        configuration.timeLimits = TimeLimits(connectSeconds: 3, totalSeconds: 15, idleSeconds: nil)
        configuration.responseBytesMax = 16 << 20
        configuration.idleHandlesMax = 16
        return HTTPClient(configuration)
    }
}
