import Registry

/// A cell with all that is ever written of it, as JSON made ahead: an answer about a tenant is then five copies.
final class CellEntry: Sendable {
    let id: CellID
    /// Nil: named by a tenant or in the past, but not in the table.
    let cell: RoutedCell?

    /// `,"cell":"cell-1","epoch":`
    let answerHead: [UInt8]
    /// `,"zone":"us-east-1a","endpoints":{…},"revision":"`
    let answerTail: [UInt8]
    /// `{"cell":"cell-1","epoch":`
    let tenantHead: [UInt8]

    /// `"cell-1"`
    private let name: [UInt8]
    /// `"zone":"us-east-1a","state":"active","endpoints":{"order":"10.0.0.1:80"`: neither object is closed.
    private let openValue: [UInt8]

    init(id: CellID, cell: RoutedCell?) {
        self.id = id
        self.cell = cell
        var name: [UInt8] = []
        name.appendJSON(id.rawValue)
        self.name = name
        tenantHead = Array(#"{"cell":"#.utf8) + name + Array(#","epoch":"#.utf8)
        answerHead = Array(",".utf8) + tenantHead.dropFirst()
        guard let cell else {
            answerTail = []
            openValue = []
            return
        }
        var zone: [UInt8] = []
        zone.append(#""zone":"#)
        zone.appendJSON(cell.zone)
        var endpoints: [UInt8] = []
        for (service, address) in cell.endpoints.sorted(by: { $0.key < $1.key }) {
            endpoints.separate()
            endpoints.appendJSON(service)
            endpoints.append(":")
            endpoints.appendJSON(address)
        }
        let endpointsHead = Array(#","endpoints":{"#.utf8)
        answerTail = Array(",".utf8) + zone + endpointsHead + endpoints + Array(#"},"revision":""#.utf8)
        openValue = zone + Array(#","state":"\#(cell.state.rawValue)""#.utf8) + endpointsHead + endpoints
    }

    /// `"cell-1":{…}` of the table.
    func appendMember(to bytes: inout [UInt8]) {
        bytes.append(contentsOf: name)
        bytes.append(":{")
        bytes.append(contentsOf: openValue)
        bytes.append("}}")
    }

    /// The line of the cell in NDJSON: `{"cell":"cell-1","zone":…}`.
    func appendLine(to bytes: inout [UInt8]) {
        bytes.append(#"{"cell":"#)
        bytes.append(contentsOf: name)
        bytes.append(",")
        bytes.append(contentsOf: openValue)
        bytes.append("}}\n")
    }

    /// The member of a merge patch that makes this of a cell that had `endpointsBefore`.
    ///
    /// A merge patch leaves alone what it does not name: each endpoint that is gone must be said to be.
    func appendPatch(endpointsBefore: [String], to bytes: inout [UInt8]) {
        bytes.append(contentsOf: name)
        guard let cell else { return bytes.append(":null") }
        bytes.append(":{")
        bytes.append(contentsOf: openValue)
        var isFirst = cell.endpoints.isEmpty
        for service in endpointsBefore where cell.endpoints[service] == nil {
            if !isFirst { bytes.append(",") }
            isFirst = false
            bytes.appendJSON(service)
            bytes.append(":null")
        }
        bytes.append("}}")
    }

    /// The tenant's value in the table.
    ///
    /// - Parameter hadState: a merge patch must take away a state other than `serving` that was there before.
    @inline(__always)
    func appendTenant(_ record: TenantEntry, hadState: Bool = false, to bytes: inout [UInt8]) {
        bytes.append(contentsOf: tenantHead)
        bytes.append(record.epoch)
        if record.state != .serving {
            bytes.appendMember(record.state)
        } else if hadState {
            bytes.append(#","state":null"#)
        }
        bytes.append("}")
    }
}
