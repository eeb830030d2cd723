import Bytes
import JSON
import Registry
import TestRandom
import Testing

@testable import ControlPlane

/// The routing table as plain dictionaries, and a source of random changes to it.
struct RoutingModel: Sendable {
    var cells: [CellID: RoutedCell] = [:]
    var tenants: [TenantID: RoutedTenant] = [:]
    var hosts: [String: TenantID] = [:]

    static let incarnation = Incarnation("abcdefgh2345")!
    static let cellIDs = (1...5).map { CellID("cell-\($0)")! }
    static let tenantIDs =
        (1...30).map { TenantID("tenant-\($0)")! } + [#"quo"ted"#, "größe 😀", "a"].map { TenantID($0)! }
    static let hostNames = (1...20).map { "shop-\($0).example.com" }

    static func tag(_ revision: Int64) -> RevisionTag {
        RevisionTag(incarnation, Revision(rawValue: revision))
    }

    /// An empty snapshot at revision 0.
    static func emptySnapshot(changesMax: Int = RoutingSnapshot.changesMax) -> RoutingSnapshot {
        RoutingSnapshot.Builder(
            incarnation: incarnation, revision: .zero, tenants: 0, hosts: 0, rememberingAfter: nil,
            changesMax: changesMax, seed: .process
        ).build()
    }

    func hosts(of tenant: TenantID) -> [String] { hosts.filter { $0.value == tenant }.keys.sorted() }

    // MARK: As JSON

    func table(_ revision: Int64) -> JSONValue {
        let cells = cells.map { id, cell in
            let endpoints = cell.endpoints.map { ($0, JSONValue.string($1)) }
            let value: JSONValue = [
                "zone": .string(cell.zone), "state": .string(cell.state.rawValue),
                "endpoints": .object(JSONObject(uniqueMembers: endpoints)),
            ]
            return (id.rawValue, value)
        }
        let tenants = tenants.map { id, tenant in
            var value: JSONObject = [
                "cell": .string(tenant.cell.rawValue), "epoch": .integer(tenant.epoch.rawValue),
            ]
            if tenant.state != .serving { value["state"] = .string(tenant.state.rawValue) }
            return (id.rawValue, JSONValue.object(value))
        }
        return [
            "revision": .string("\(Self.tag(revision))"), "cells": .object(JSONObject(uniqueMembers: cells)),
            "tenants": .object(JSONObject(uniqueMembers: tenants)),
            "hosts": .object(JSONObject(uniqueMembers: hosts.map { ($0, .string($1.rawValue)) })),
        ]
    }

    func ownership(of cell: CellID, _ revision: Int64) -> JSONValue {
        let owned = tenants.filter { $0.value.cell == cell }.map { id, tenant in
            var value: JSONObject = ["epoch": .integer(tenant.epoch.rawValue)]
            if tenant.state != .serving { value["state"] = .string(tenant.state.rawValue) }
            return (id.rawValue, JSONValue.object(value))
        }
        return [
            "revision": .string("\(Self.tag(revision))"), "cell": .string(cell.rawValue),
            "tenants": .object(JSONObject(uniqueMembers: owned)),
        ]
    }

    // MARK: Random changes

    /// The changes of one revision; at the first call, of all cells.
    mutating func change(using random: inout SeededRandom) -> [RoutingChange] {
        if cells.isEmpty { return Self.cellIDs.map { setCell($0, using: &random) } }
        return (0..<Int.random(in: 1...4, using: &random)).flatMap { _ in changeOne(using: &random) }
    }

    private mutating func changeOne(using random: inout SeededRandom) -> [RoutingChange] {
        switch Int.random(in: 0..<10, using: &random) {
        case 0:
            let id = Self.cellIDs.randomElement(using: &random)!
            guard random.isOne(in: 3), cells.count > 2 else { return [setCell(id, using: &random)] }
            guard !tenants.values.contains(where: { $0.cell == id }) else { return [] }
            cells[id] = nil
            return [.cell(id, nil)]
        case 1: return [removeTenant(using: &random)].compactMap(\.self)
        case 2: return moveHost(using: &random)
        default: return [setTenant(using: &random)]
        }
    }

    private mutating func setCell(_ id: CellID, using random: inout SeededRandom) -> RoutingChange {
        let services = ["order", "inventory", "payment", "sea\"rch"].filter { _ in !random.isOne(in: 3) }
        let endpoints = services.map { ($0, "10.0.0.\(Int.random(in: 1...9, using: &random)):80") }
        let cell = RoutedCell(
            zone: ["us-east-1a", "us-east-1b"].randomElement(using: &random)!,
            state: CellState.allCases.randomElement(using: &random)!,
            endpoints: Dictionary(uniqueKeysWithValues: endpoints))
        cells[id] = cell
        return .cell(id, cell)
    }

    /// A new tenant, a cutover, another state, other hosts, or nothing at all.
    private mutating func setTenant(using random: inout SeededRandom) -> RoutingChange {
        let id = Self.tenantIDs.randomElement(using: &random)!
        let cell = cells.keys.sorted().randomElement(using: &random)!
        var tenant = tenants[id] ?? RoutedTenant(cell: cell, epoch: .first, state: .serving)
        if random.isOne(in: 3) {
            tenant.cell = cell
            tenant.epoch = Epoch(rawValue: tenant.epoch.rawValue * 5)
        }
        if random.isOne(in: 2) { tenant.state = TenantState.allCases.randomElement(using: &random)! }
        tenants[id] = tenant
        let before = hosts(of: id)
        guard random.isOne(in: 3) else { return .tenant(id, tenant, hostsBefore: [], hostsAfter: []) }
        let free = Self.hostNames.filter { hosts[$0] == nil || hosts[$0] == id }
        let after = free.filter { _ in random.isOne(in: 6) }
        for host in before { hosts[host] = nil }
        for host in after { hosts[host] = id }
        return .tenant(id, tenant, hostsBefore: before, hostsAfter: after)
    }

    private mutating func removeTenant(using random: inout SeededRandom) -> RoutingChange? {
        guard let id = tenants.keys.sorted().randomElement(using: &random) else { return nil }
        let before = hosts(of: id)
        tenants[id] = nil
        for host in before { hosts[host] = nil }
        return .tenant(id, nil, hostsBefore: before, hostsAfter: [])
    }

    /// A host goes from one tenant to another in one transaction; who loses it may be told first or last.
    private mutating func moveHost(using random: inout SeededRandom) -> [RoutingChange] {
        guard let host = hosts.keys.sorted().randomElement(using: &random), let from = hosts[host],
            let to = tenants.keys.sorted().randomElement(using: &random), to != from
        else { return [] }
        let before = (from: hosts(of: from), to: hosts(of: to))
        hosts[host] = to
        let changes: [RoutingChange] = [
            .tenant(from, tenants[from], hostsBefore: before.from, hostsAfter: hosts(of: from)),
            .tenant(to, tenants[to], hostsBefore: before.to, hostsAfter: hosts(of: to)),
        ]
        return random.isOne(in: 2) ? changes : changes.reversed()
    }
}

/// A table of `revision`s, each a snapshot with the model that it must equal.
struct RoutingHistory {
    private(set) var points: [(revision: Int64, model: RoutingModel, snapshot: RoutingSnapshot)] = []

    /// `count` revisions with gaps between them, for other writes move the revision too.
    init(seed: UInt64, count: Int, changesMax: Int = RoutingSnapshot.changesMax) {
        var random = SeededRandom(seed: seed)
        var model = RoutingModel()
        var snapshot = RoutingModel.emptySnapshot(changesMax: changesMax)
        var revision: Int64 = 0
        points.append((revision, model, snapshot))
        for _ in 0..<count {
            revision += Int64.random(in: 1...3, using: &random)
            snapshot = snapshot.applying(
                model.change(using: &random), revision: Revision(rawValue: revision))
            points.append((revision, model, snapshot))
        }
    }
}

extension DeltaResult {
    var bytes: [UInt8]? { if case .delta(let data) = self { data.bytes } else { nil } }
    var isUnchanged: Bool { if case .unchanged = self { true } else { false } }
    var isAhead: Bool { if case .ahead = self { true } else { false } }
    var oldest: Revision? { if case .gone(let oldest) = self { oldest } else { nil } }
}

extension JSONValue {
    /// What a gateway does with a delta: `from` off, the rest is a merge patch.
    func applyingDelta(_ bytes: [UInt8]) throws -> JSONValue {
        var patch = try #require(try JSONValue(parsing: bytes).object)
        patch["from"] = nil
        return applyingMergePatch(.object(patch))
    }
}
