import Foundation
import Kubernetes
import Testing

@Suite struct ClusterAccessTests {
    @Test("In a pod the service account is used, also at an IPv6 address")
    func inPod() throws {
        let folder = NSTemporaryDirectory() + "service-account-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let environment = ["KUBERNETES_SERVICE_HOST": "10.96.0.1", "KUBERNETES_SERVICE_PORT": "443"]
        #expect(throws: ClusterAccess.Invalid.self) {
            try ClusterAccess.inPod(environment: environment, folder: folder)
        }
        try "token".write(toFile: "\(folder)/token", atomically: true, encoding: .utf8)
        let access = try #require(try ClusterAccess.inPod(environment: environment, folder: folder))
        #expect(access.server == "https://10.96.0.1:443")
        #expect(access.authoritiesFile == "\(folder)/ca.crt")
        #expect(access.identity == .tokenFile("\(folder)/token"))
        let six = try ClusterAccess.inPod(
            environment: environment.merging(["KUBERNETES_SERVICE_HOST": "fd00::1"]) { $1 }, folder: folder)
        #expect(six?.server == "https://[fd00::1]:443")
        #expect(try ClusterAccess.inPod(environment: [:], folder: folder) == nil)
    }

    @Test(
        "Plain http goes to this machine alone, and what can't be called is refused",
        arguments: [
            ("https://kubernetes.default.svc", true), ("https://k8s.example.com/clusters/a/", true),
            ("http://127.0.0.1:8001", true), ("http://localhost:8001/", true), ("http://[::1]:8001", true),
            ("http://10.96.0.1:8001", false), ("http://k8s.example.com", false), ("ftp://127.0.0.1", false),
            ("kubernetes", false), ("https://user:secret@k8s.example.com", false),
            ("https://k8s.example.com?a=b", false), ("", false),
        ])
    func urls(url: String, isGood: Bool) {
        let access = try? ClusterAccess(server: url, identity: .none)
        #expect((access != nil) == isGood)
        #expect(access?.server.hasSuffix("/") != true)
    }

    @Test("A name is one of Kubernetes', so that it can't be a path")
    func names() {
        for name in ["cell-1", "a", "a.b-c.d9"] { #expect(Resource.isName(name)) }
        for name in ["", "-a", "a-", "A", "a_b", "a/b", "a..b", "../x", String(repeating: "a", count: 254)] {
            #expect(!Resource.isName(name))
        }
    }
}
