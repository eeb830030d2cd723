import FakeKubernetes
import Foundation
import JSON
import Registry
import Synchronization
import Testing

@testable import ControlPlane

@Suite("RBAC")
struct RBACTests {
    private struct Verb: Hashable {
        var group: String
        var resource: String
        var verb: String
    }

    @Test(
        "deploy/kubernetes/rbac.yaml lets the executor do what it does, in the cells' namespace, and nothing more"
    )
    func leastPrivilege() async throws {
        let granted = try Self.granted()
        let used = Mutex<Set<Verb>>([])
        try await KubernetesWorld.with(cells: 1) { world in
            world.cluster.allow { verb, group, resource, namespace in
                let asked = Verb(group: group, resource: resource, verb: verb)
                used.withLock { _ = $0.insert(asked) }
                return namespace == "titan-cells" && granted.contains(asked)
            }
            let id = try await world.roll("v2-crashing")
            #expect(try await world.run(id).life.state == .rolledBack)
            #expect(world.running() == Array(repeating: "order:v1", count: 3))
        }
        #expect(used.withLock { $0 } == granted)
    }

    /// The one Role's rules, whose lists are written as JSON.
    private static func granted() throws -> Set<Verb> {
        let root = #filePath.components(separatedBy: "/Tests/")[0]
        let text = try String(contentsOfFile: "\(root)/deploy/kubernetes/rbac.yaml", encoding: .utf8)
        func lists(_ name: String) throws -> [[String]] {
            try text.split(separator: "\n").filter { $0.contains("\(name): [") }.map { line in
                let list = line[(line.firstIndex(of: "[") ?? line.startIndex)...]
                return try JSONValue(parsing: Array(list.utf8)).array?.compactMap(\.string) ?? []
            }
        }
        var granted: Set<Verb> = []
        for (groups, (resources, verbs)) in zip(
            try lists("apiGroups"), zip(try lists("resources"), try lists("verbs")))
        {
            for group in groups {
                for resource in resources {
                    for verb in verbs { granted.insert(Verb(group: group, resource: resource, verb: verb)) }
                }
            }
        }
        return granted
    }
}
