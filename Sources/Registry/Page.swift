/// A page of a list, by key.
public struct Page: Sendable, Equatable {
    /// The last key of the page before; nil for the first.
    public var after: String?
    public var limit: Int

    public init(after: String? = nil, limit: Int = Limits.pageItemsDefault) {
        self.after = after
        self.limit = limit
    }
}
