import Kubernetes
import Registry

/// Which StatefulSets a cell is, and so which containers its services are: those of the services' names in them.
///
/// A cell is the StatefulSet of its own name in the server's namespace, as the import leaves it. Two annotations of the
/// cell say otherwise: `kubernetes/namespace`, and `kubernetes/statefulsets`, names separated by commas that are changed
/// one after the other in that order.
struct CellPlace: Sendable, Equatable {
    static let namespaceKey = "kubernetes/namespace"
    static let setsKey = "kubernetes/statefulsets"
    static let setsMax = 16

    var namespace: String
    var sets: [String]

    /// What is wrong with a cell's annotations.
    struct Invalid: Error {
        let message: String
    }

    init(cell: CellID, annotations: [String: String], namespace: String) throws(Invalid) {
        self.namespace = annotations[Self.namespaceKey] ?? namespace
        guard Resource.isName(self.namespace) else {
            throw Invalid(message: "the annotation \(Self.namespaceKey) is no namespace: '\(self.namespace)'")
        }
        let names =
            annotations[Self.setsKey]?.split(separator: ",").map { name in
                String(name.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
            } ?? [cell.rawValue]
        guard (1...Self.setsMax).contains(names.count), Set(names).count == names.count,
            names.allSatisfy(Resource.isName)
        else {
            throw Invalid(
                message:
                    "the annotation \(Self.setsKey) must be 1 to \(Self.setsMax) names of StatefulSets, separated by commas"
            )
        }
        sets = names
    }
}
