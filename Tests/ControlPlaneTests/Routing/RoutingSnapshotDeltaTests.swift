import Bytes
import JSON
import Registry
import TestRandom
import Testing

@testable import ControlPlane

@Suite struct RoutingSnapshotDeltaTests {
    @Test("any older table with the delta merged into it is the newer table", arguments: SeededRandom.seeds)
    func property(seed: UInt64) throws {
        let points = RoutingHistory(seed: seed, count: 100).points
        for (index, now) in points.enumerated() where index % 9 == 0 {
            for from in points[..<index] {
                let delta = try #require(now.snapshot.delta(since: RoutingModel.tag(from.revision)).bytes)
                let json = try JSONValue(parsing: delta)
                #expect(json["from"] == .string("\(RoutingModel.tag(from.revision))"))
                let merged = try from.model.table(from.revision).applyingDelta(delta)
                #expect(
                    merged == now.model.table(now.revision),
                    "seed \(seed), \(from.revision) to \(now.revision)")
            }
        }
    }

    @Test("within a small window deltas hold, and before it they are gone", arguments: SeededRandom.seeds)
    func window(seed: UInt64) throws {
        let points = RoutingHistory(seed: seed, count: 500, changesMax: 300).points
        let now = points.last!
        let oldest = try #require(now.snapshot.delta(since: RoutingModel.tag(0)).oldest)
        #expect(oldest > .zero)
        for from in points.dropLast().filter({ $0.revision % 3 == 0 }) {
            let result = now.snapshot.delta(since: RoutingModel.tag(from.revision))
            guard from.revision >= oldest.rawValue else {
                #expect(result.oldest == oldest)
                continue
            }
            let merged = try from.model.table(from.revision).applyingDelta(result.bytes ?? [])
            #expect(merged == now.model.table(now.revision), "seed \(seed), \(from.revision)")
        }
    }

    @Test("a revision between two changes of routing is answered too")
    func between() throws {
        let snapshot = RoutingModel.emptySnapshot()
            .applying([.cell(RoutingModel.cellIDs[0], nil)], revision: Revision(rawValue: 3))
            .applying(
                [.cell(RoutingModel.cellIDs[0], RoutedCell(zone: "z", state: .active, endpoints: [:]))],
                revision: Revision(rawValue: 9))
        let delta = try #require(snapshot.delta(since: RoutingModel.tag(6)).bytes)
        #expect(try JSONValue(parsing: delta)["cells"]?["cell-1"]?["zone"] == "z")
    }

    @Test("the present revision is unchanged, a later one is ahead, another incarnation is gone")
    func edges() throws {
        let snapshot = RoutingHistory(seed: 2, count: 30).points.last!.snapshot
        #expect(snapshot.delta(since: snapshot.tag).isUnchanged)
        #expect(snapshot.delta(since: RevisionTag(snapshot.incarnation, snapshot.revision.next)).isAhead)
        let other = RevisionTag(Incarnation("zzzzzzzzzzzz")!, snapshot.revision)
        #expect(snapshot.delta(since: other).oldest == .zero)
        #expect(snapshot.changeCount(since: other) == 0 && snapshot.changeCount(since: snapshot.tag) == 0)
        #expect(snapshot.changeCount(since: RoutingModel.tag(0)) > 0)
    }

    @Test("an empty delta says from where to where and nothing else")
    func empty() {
        let snapshot = RoutingHistory(seed: 2, count: 3).points.last!.snapshot
        let delta = String(decoding: snapshot.emptyDelta(from: snapshot.revision), as: UTF8.self)
        #expect(delta == #"{"from":"\#(snapshot.tag)","revision":"\#(snapshot.tag)"}"#)
    }

    @Test("a thing that changed often is in the delta once")
    func once() throws {
        var snapshot = RoutingModel.emptySnapshot()
        for revision in 1...500 {
            let cell = RoutedCell(zone: "z\(revision)", state: .active, endpoints: [:])
            snapshot = snapshot.applying(
                [.cell(RoutingModel.cellIDs[0], cell)], revision: Revision(rawValue: Int64(revision)))
        }
        let delta = try #require(snapshot.delta(since: RoutingModel.tag(1)).bytes)
        #expect(delta.count < 200)
    }

    @Test("all who ask for the same delta share its bytes, and other deltas do not drive it out at once")
    func shared() async throws {
        let snapshot = RoutingHistory(seed: 4, count: 100).points.last!.snapshot
        let since = RoutingModel.tag(1)
        func data() throws -> SharedBytes {
            guard case .delta(let data) = snapshot.delta(since: since) else {
                throw JSONError(offset: 0, line: 0, column: 0, message: "no delta")
            }
            return data
        }
        let first = try data()
        for revision in 2...10 { _ = snapshot.delta(since: RoutingModel.tag(Int64(revision))) }
        let same = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<50 { group.addTask { (try? data()) === first } }
            return await group.allSatisfy { $0 }
        }
        #expect(same)
    }
}
