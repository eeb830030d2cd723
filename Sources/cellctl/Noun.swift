/// A kind of resource: where it lives in the API and how a table shows it.
struct Noun: Sendable {
    /// As in `cell/cell-1`.
    let name: String
    let plural: String
    /// The collection's path.
    let path: String
    /// The member that holds the id.
    let idField: String
    let columns: [Column]
    /// There is but one: it has no id.
    var isSingle = false

    init(_ name: String, plural: String, path: String = "", idField: String = "id", columns: [Column]) {
        self.name = name
        self.plural = plural
        self.path = path
        self.idField = idField
        self.columns = columns
    }
}
