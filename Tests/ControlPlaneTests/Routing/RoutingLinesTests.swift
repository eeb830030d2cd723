import JSON
import Registry
import TestRandom
import Testing

@testable import ControlPlane

@Suite struct RoutingLinesTests {
    @Test(
        "the lines say the revision first, then each cell, tenant and host as the table does",
        arguments: SeededRandom.seeds)
    func lines(seed: UInt64) throws {
        let point = RoutingHistory(seed: seed, count: 80).points.last!
        var table = RoutingModel().table(point.revision).object!
        var parts: [String: JSONObject] = ["cells": [:], "tenants": [:], "hosts": [:]]
        let pieces = Array(point.snapshot.lines)
        #expect(pieces.allSatisfy { $0.last == UInt8(ascii: "\n") })
        let lines = pieces.joined().split(separator: UInt8(ascii: "\n"))
        for (number, line) in lines.enumerated() {
            var members = try #require(try JSONValue(parsing: Array(line)).object)
            if number == 0 {
                #expect(members == ["revision": .string("\(point.snapshot.tag)")])
            } else if let host = members["host"]?.string {
                parts["hosts"]?[host] = members["tenant"]
            } else if let tenant = members["tenant"]?.string {
                members["tenant"] = nil
                parts["tenants"]?[tenant] = .object(members)
            } else {
                let cell = try #require(members["cell"]?.string)
                members["cell"] = nil
                parts["cells"]?[cell] = .object(members)
            }
        }
        for (name, members) in parts { table[name] = .object(members) }
        #expect(.object(table) == point.model.table(point.revision), "seed \(seed)")
        let model = point.model
        #expect(lines.count == 1 + model.cells.count + model.tenants.count + model.hosts.count)
    }
}
