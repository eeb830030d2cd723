import JSON

/// One tenant's place in a tenant migration.
public struct Move: Sendable, Equatable {
    public enum State: String, Sendable, CaseIterable {
        /// Room is reserved on the target.
        case planned
        /// Its batch has begun.
        case moving
        case moved
        /// It could not be moved, and stays on the source.
        case failed
        /// Its batch was taken back: it is whole on the source.
        case returned
    }

    public var tenant: TenantID
    public var batch: Int64
    public var source: CellID
    public var target: CellID
    /// What is reserved for it, in load units.
    public var load: Int64
    public var dedicated: Bool
    /// The epoch that the cutover expects to find.
    public var epoch: Epoch
    public var state: State
    public var message: String

    public init(
        tenant: TenantID, batch: Int64, source: CellID, target: CellID, load: Int64, dedicated: Bool,
        epoch: Epoch, state: State = .planned, message: String = ""
    ) {
        self.tenant = tenant
        self.batch = batch
        self.source = source
        self.target = target
        self.load = load
        self.dedicated = dedicated
        self.epoch = epoch
        self.state = state
        self.message = message
    }

    public var document: JSONObject {
        [
            "tenant": .string(tenant.rawValue), "from": .string(source.rawValue),
            "to": .string(target.rawValue), "load": .integer(load), "batch": .integer(batch),
            "state": .string(state.rawValue), "message": .string(message),
        ]
    }
}
