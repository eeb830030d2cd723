/// What can be lost, and is to be in a backup.
public enum CoverageTarget: Hashable, Sendable {
    case cell(CellID)
    case namespace(String)
    case registry

    /// Its member in a row: `cell`, `namespace` or `registry`.
    public var kind: String {
        switch self {
        case .cell: "cell"
        case .namespace: "namespace"
        case .registry: "registry"
        }
    }

    public var name: String {
        switch self {
        case .cell(let cell): cell.rawValue
        case .namespace(let name): name
        case .registry: "registry"
        }
    }

    /// Cells first, then namespaces, then the registry.
    var order: (Int, String) {
        switch self {
        case .cell: (0, name)
        case .namespace: (1, name)
        case .registry: (2, name)
        }
    }
}
