import JSON
import Registry
import TestRandom
import Testing

@testable import ControlPlane

@Suite struct RoutingSnapshotLookupTests {
    @Test("the answer about a tenant has all that the contract names, in its order")
    func answer() {
        var builder = RoutingSnapshot.Builder(
            incarnation: RoutingModel.incarnation, revision: Revision(rawValue: 1))
        let cell = builder.load(
            cell: CellID("cell-1")!,
            RoutedCell(zone: "us-east-1a", state: .active, endpoints: ["payment": "p:80", "order": "o:80"]))
        builder.load(tenant: Array(#"a"b"#.utf8).span, cell: cell, epoch: Epoch(rawValue: 10), state: .frozen)
        builder.load(host: Array("shop.acme.com".utf8).span, tenant: Array(#"a"b"#.utf8).span)
        let snapshot = builder.build()
        let expected =
            #"{"tenant":"a\"b","cell":"cell-1","epoch":10,"state":"frozen","zone":"us-east-1a","#
            + #""endpoints":{"order":"o:80","payment":"p:80"},"revision":"abcdefgh2345.1"}"#
        let byTenant = snapshot.routeAnswer(tenant: Array(#"a"b"#.utf8).span)?.body
        let byHost = snapshot.routeAnswer(host: Array("shop.acme.com".utf8).span)?.body
        #expect(byTenant.map { String(decoding: $0, as: UTF8.self) } == expected)
        #expect(byHost == byTenant)
    }

    @Test("every lookup agrees with the model", arguments: SeededRandom.seeds)
    func model(seed: UInt64) throws {
        for point in RoutingHistory(seed: seed, count: 60).points {
            for id in RoutingModel.tenantIDs {
                let expected = point.model.tenants[id]
                let route = point.snapshot.route(of: id)
                #expect(route?.tenant == expected, "seed \(seed)")
                #expect(route?.cell == expected.flatMap { point.model.cells[$0.cell] }, "seed \(seed)")
                let answer = point.snapshot.routeAnswer(tenant: Array(id.rawValue.utf8).span)?.body
                #expect((answer == nil) == (expected == nil))
                guard let answer, let expected else { continue }
                let json = try JSONValue(parsing: answer)
                #expect(json["tenant"] == .string(id.rawValue))
                #expect(json["cell"] == .string(expected.cell.rawValue))
                #expect(json["epoch"] == .integer(expected.epoch.rawValue))
                #expect(json["state"] == .string(expected.state.rawValue))
                #expect(json["revision"] == .string("\(point.snapshot.tag)"))
            }
            for host in RoutingModel.hostNames {
                let tenant = point.model.hosts[host]
                #expect(point.snapshot.tenant(ofHost: host) == tenant, "seed \(seed)")
                let answer = point.snapshot.routeAnswer(host: Array(host.utf8).span)?.body
                #expect(
                    answer
                        == tenant.flatMap {
                            point.snapshot.routeAnswer(tenant: Array($0.rawValue.utf8).span)?.body
                        }
                )
            }
            for id in RoutingModel.cellIDs { #expect(point.snapshot.cell(id) == point.model.cells[id]) }
        }
    }

    @Test("what is not in the table has no answer")
    func unknown() {
        let snapshot = RoutingHistory(seed: 1, count: 20).points.last!.snapshot
        for name in ["", "nobody", String(repeating: "x", count: 5_000)] {
            #expect(snapshot.routeAnswer(tenant: Array(name.utf8).span)?.body == nil)
            #expect(snapshot.routeAnswer(host: Array(name.utf8).span)?.body == nil)
            #expect(snapshot.tenant(ofHost: name) == nil)
        }
        #expect(snapshot.cell(CellID("cell-99")!) == nil)
    }
}
