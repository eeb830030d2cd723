import Registry
import Testing

@testable import ControlPlane

@Suite struct RecentChangesTests {
    private func revisions(_ changes: RecentChanges, after revision: Int64) -> [Int64] {
        var revisions: [Int64] = []
        changes.forEach(after: Revision(rawValue: revision)) { revisions.append($0.revision.rawValue) }
        return revisions
    }

    private func change(_ revision: Int64) -> RecentChange {
        RecentChange(revision: Revision(rawValue: revision), subject: .host([1]))
    }

    @Test("the changes past a revision come in their order, over chunks too")
    func order() {
        var changes = RecentChanges(after: .zero, countMax: 10_000)
        for revision in 1...2_000 { changes.append(change(Int64(revision))) }
        for from in [0, 1, 255, 256, 257, 1_000, 1_999, 2_000] as [Int64] {
            #expect(revisions(changes, after: from) == Array((from + 1)..<2_001))
        }
    }

    @Test("a revision's changes are given together or not at all")
    func sameRevision() {
        var changes = RecentChanges(after: .zero, countMax: 10_000)
        for number in 0..<1_000 { changes.append(change(Int64(number / 100) + 1)) }
        for from in 0...10 as ClosedRange<Int64> {
            #expect(revisions(changes, after: from).count == 1_000 - 100 * Int(from))
        }
    }

    @Test("the oldest go once enough are kept, and the floor says from where on all are there")
    func window() {
        var changes = RecentChanges(after: .zero, countMax: 1_000)
        for number in 0..<5_000 {
            // Three changes a revision: a chunk ends in the midst of one.
            changes.append(change(Int64(number / 3) + 1))
            let newest = Int64(number / 3) + 1
            #expect(changes.count >= min(number + 1, 1_000))
            #expect(changes.count <= 1_000 + 2 * RecentChanges.chunkCountMax)
            guard number % 97 == 0 else { continue }
            let seen = revisions(changes, after: changes.floor.rawValue)
            #expect(Set(seen) == Set((changes.floor.rawValue + 1)..<(newest + 1)))
            #expect(seen.count == number + 1 - 3 * Int(changes.floor.rawValue))
        }
        #expect(changes.floor > .zero)
    }

    @Test("one revision of more changes than are kept leaves nothing before it to go on from")
    func hugeRevision() {
        var changes = RecentChanges(after: .zero, countMax: 500)
        for _ in 0..<2_000 { changes.append(change(7)) }
        #expect(changes.floor == Revision(rawValue: 7))
        changes.append(change(8))
        #expect(revisions(changes, after: 7) == [8])
    }

    @Test("an older copy stays as it was")
    func copies() {
        var changes = RecentChanges(after: .zero, countMax: 500)
        var copies: [RecentChanges] = []
        for revision in 1...3_000 {
            changes.append(change(Int64(revision)))
            if revision % 500 == 0 { copies.append(changes) }
        }
        for (index, copy) in copies.enumerated() {
            let newest = Int64(index + 1) * 500
            #expect(revisions(copy, after: newest - 100) == Array((newest - 99)..<(newest + 1)))
        }
    }

    @Test("the count past a revision is what is given")
    func count() {
        var changes = RecentChanges(after: .zero, countMax: 10_000)
        for number in 0..<3_000 { changes.append(change(Int64(number / 2) + 1)) }
        for from in [0, 1, 127, 128, 500, 1_499, 1_500] as [Int64] {
            #expect(changes.count(after: Revision(rawValue: from)) == revisions(changes, after: from).count)
        }
    }
}
