/// What the server answered; any status is an answer, not an error.
public struct ClientResponse: Sendable {
    public let status: Int
    /// As they were sent, in their order.
    public let fields: [(name: String, value: String)]
    public let body: [UInt8]

    /// The first field of that name, in whatever case.
    public subscript(field name: String) -> String? {
        let wanted = name.lowercased()
        return fields.first { $0.name.lowercased() == wanted }?.value
    }

    public var isSuccess: Bool { (200...299).contains(status) }
}
