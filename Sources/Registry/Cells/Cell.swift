/// An isolated copy of the service for some tenants: the unit of blast radius.
public struct Cell: Sendable, Equatable {
    public var id: CellID
    /// Availability zone (`us-east-1a`).
    public var zone: String
    /// `us-east-1`: taken from the zone's name where it is not given.
    public var region: String
    public var state: CellState
    /// False while the cell is cordoned: no new placements.
    public var schedulable: Bool
    /// What it can carry, in load units; 0 takes nothing.
    public var capacity: Int64
    /// Service name to `host:port`, for gateways.
    public var endpoints: [String: String]
    public var labels: [String: String]
    public var annotations: [String: String]
    /// Store name (`scylla`, `kafka`, `redis`) to its addresses.
    public var dataStores: [String: [String]]
    /// Service name to container image.
    public var images: [String: String]
    public var health: CellHealth

    public init(
        id: CellID, zone: String, region: String? = nil, state: CellState = .provisioning,
        schedulable: Bool = true,
        capacity: Int64 = 0, endpoints: [String: String] = [:], labels: [String: String] = [:],
        annotations: [String: String] = [:], dataStores: [String: [String]] = [:],
        images: [String: String] = [:],
        health: CellHealth = CellHealth()
    ) {
        self.id = id
        self.zone = zone
        self.region = region ?? Self.region(of: zone)
        self.state = state
        self.schedulable = schedulable
        self.capacity = capacity
        self.endpoints = endpoints
        self.labels = labels
        self.annotations = annotations
        self.dataStores = dataStores
        self.images = images
        self.health = health
    }

    /// What gateways are told; nil once it is retired.
    public var routed: RoutedCell? {
        state == .retired ? nil : RoutedCell(zone: zone, state: state, endpoints: endpoints)
    }

    /// AWS and Google name a zone by its region and a letter: `us-east-1a`, `europe-west1-b`. Else the zone itself.
    static func region(of zone: String) -> String {
        guard let letter = zone.utf8.last, (0x61...0x7A).contains(letter) else { return zone }
        let stem = zone.dropLast()
        if stem.last?.isNumber == true { return String(stem) }
        return stem.last == "-" && stem.dropLast().last?.isNumber == true ? String(stem.dropLast()) : zone
    }
}

/// What was last observed of a cell's health.
public struct CellHealth: Sendable, Equatable {
    public enum Status: String, Sendable, CaseIterable {
        case unknown, healthy, degraded, unhealthy
    }

    public var status: Status
    public var message: String
    public var observedAt: Timestamp?

    public init(status: Status = .unknown, message: String = "", observedAt: Timestamp? = nil) {
        self.status = status
        self.message = message
        self.observedAt = observedAt
    }
}

/// A cell as the store has it.
public struct CellRecord: Sendable, Equatable {
    public var cell: Cell
    /// The sum of its tenants' loads, in units.
    public var load: Int64
    public var tenants: Int64
    /// What tenants on their way here will need, in units, and how many they are.
    public var reserved: Int64
    public var incoming: Int64
    public var revision: Revision
    public var createdAt: Timestamp
    public var updatedAt: Timestamp

    public init(
        cell: Cell, load: Int64, tenants: Int64, reserved: Int64 = 0, incoming: Int64 = 0, revision: Revision,
        createdAt: Timestamp, updatedAt: Timestamp
    ) {
        self.cell = cell
        self.load = load
        self.tenants = tenants
        self.reserved = reserved
        self.incoming = incoming
        self.revision = revision
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }
}
