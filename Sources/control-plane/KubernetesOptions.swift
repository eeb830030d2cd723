import ArgumentParser
import ControlPlane
import Foundation
import Kubernetes
import Registry

/// The cluster that this server carries rollouts out in.
struct KubernetesOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The API server of the cells' cluster: in-pod, by this pod's service account, or its URL. Without it rollouts are for scripts to carry out.",
            valueName: "in-pod|url"))
    var kubernetes: String?

    @Option(help: "The namespace of the cells' StatefulSets (default titan-cells).")
    var kubernetesNamespace: String?

    @Option(help: "File with a bearer token for the API server; it is read for each call.")
    var kubernetesTokenFile: String?

    @Option(help: "File with the authorities of the API server's certificate, in PEM.")
    var kubernetesAuthorities: String?

    @Option(help: "File with a client certificate for the API server, in PEM, in place of a token.")
    var kubernetesCertificate: String?

    @Option(help: "File with that certificate's key, in PEM.")
    var kubernetesKey: String?

    /// Nil: none is configured.
    func settings() throws -> KubernetesSettings? {
        guard let server = kubernetes ?? Environment["KUBERNETES"] else {
            guard names.allSatisfy({ $0 == nil }) else {
                throw ValidationError(
                    "The --kubernetes-… options need --kubernetes in-pod or --kubernetes URL.")
            }
            return nil
        }
        do {
            return try KubernetesSettings(
                access: try access(server),
                namespace: kubernetesNamespace ?? Environment["KUBERNETES_NAMESPACE"] ?? "titan-cells")
        } catch let error as ClusterAccess.Invalid {
            throw ValidationError("--kubernetes: \(error.message)")
        } catch let error as RegistryError {
            throw ValidationError("--kubernetes-namespace: \(error.detail)")
        }
    }

    private var names: [String?] {
        [
            kubernetesNamespace, kubernetesTokenFile, kubernetesAuthorities, kubernetesCertificate,
            kubernetesKey,
        ]
    }

    private func access(_ server: String) throws -> ClusterAccess {
        if server == "in-pod" {
            guard names.dropFirst().allSatisfy({ $0 == nil }) else {
                throw ValidationError("--kubernetes in-pod takes all but the namespace from the pod.")
            }
            guard let access = try ClusterAccess.inPod() else {
                throw ValidationError("--kubernetes in-pod: this process runs in no pod.")
            }
            return access
        }
        let token = kubernetesTokenFile ?? Environment["KUBERNETES_TOKEN_FILE"]
        let certificate = kubernetesCertificate ?? Environment["KUBERNETES_CERTIFICATE"]
        let key = kubernetesKey ?? Environment["KUBERNETES_KEY"]
        guard (certificate == nil) == (key == nil), token == nil || certificate == nil else {
            throw ValidationError(
                "The API server takes --kubernetes-token-file, or --kubernetes-certificate with --kubernetes-key."
            )
        }
        let identity: ClusterAccess.Identity =
            if let token {
                .tokenFile(token)
            } else if let certificate, let key {
                .certificate(file: certificate, keyFile: key)
            } else {
                .none
            }
        return try ClusterAccess(
            server: server, authoritiesFile: kubernetesAuthorities ?? Environment["KUBERNETES_AUTHORITIES"],
            identity: identity)
    }
}
