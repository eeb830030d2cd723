import Bytes
import Compression
import JSON
import Registry
import TestRandom
import Testing

@testable import ControlPlane

@Suite struct RoutingPublisherTests {
    @Test("what is published is read")
    func publish() {
        let points = RoutingHistory(seed: 1, count: 2).points
        let publisher = RoutingPublisher(points[0].snapshot)
        #expect(publisher.current === points[0].snapshot)
        publisher.publish(points[2].snapshot)
        #expect(publisher.current === points[2].snapshot)
    }

    @Test("readers at work while a writer publishes see whole snapshots, never an older one after a newer")
    func readersAndWriter() async throws {
        let publisher = RoutingPublisher(RoutingModel.emptySnapshot())
        let last: Int64 = 120
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                var random = SeededRandom(seed: 77)
                var model = RoutingModel()
                for revision in 1...last {
                    let changes = model.change(using: &random)
                    publisher.publish(
                        publisher.current.applying(changes, revision: Revision(rawValue: revision)))
                    await Task.yield()
                }
            }
            for reader in 0..<3 {
                group.addTask {
                    var table = try JSONValue(parsing: publisher.current.table(nil).bytes)
                    var tag = try #require(table["revision"]?.string.flatMap { RevisionTag($0) })
                    while tag.revision.rawValue < last {
                        await Task.yield()
                        let snapshot = publisher.current
                        #expect(snapshot.revision >= tag.revision)
                        for id in RoutingModel.tenantIDs {
                            _ = snapshot.routeAnswer(tenant: Array(id.rawValue.utf8).span)
                        }
                        guard let delta = snapshot.delta(since: tag).bytes else { continue }
                        table = try table.applyingDelta(delta)
                        let encoding: ContentEncoding = reader == 0 ? .gzip : .zstd
                        let packed = try snapshot.table(encoding).bytes
                        let whole = try decompress(packed, as: encoding, bytesMax: 1_000_000)
                        #expect(try JSONValue(parsing: whole) == table)
                        tag = snapshot.tag
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(publisher.current.revision.rawValue == last)
    }
}
