import Registry

/// One change of the table that is kept for deltas: what changed, and of what was before as much as a merge patch
/// needs in order to take it away. What it changed to is read from the snapshot that writes the delta.
struct RecentChange: Sendable {
    let revision: Revision
    let subject: Subject

    enum Subject: Sendable {
        case cell(CellOrdinal, endpointsBefore: [String])
        case tenant([UInt8], before: TenantEntry?)
        case host([UInt8])
    }
}

/// The last changes of the table, in order: a value that shares what it has with those before and after it.
///
/// Full chunks are never touched again; the last, open one is copied with each snapshot that adds to it, and is short
/// for that reason.
struct RecentChanges: Sendable {
    /// Changes after it are all here.
    private(set) var floor: Revision

    private let countMax: Int
    private var chunks: [[RecentChange]] = []
    private var open: [RecentChange] = []
    private var chunkedCount = 0

    static let chunkCountMax = 256

    init(after floor: Revision, countMax: Int) {
        self.floor = floor
        self.countMax = countMax
    }

    var count: Int { chunkedCount + open.count }

    /// Drops the oldest, a chunk at a time, once the others are as many as are to be kept.
    mutating func append(_ change: RecentChange) {
        open.append(change)
        guard open.count == Self.chunkCountMax else { return }
        chunks.append(open)
        chunkedCount += open.count
        open.removeAll()
        while let oldest = chunks.first, count - oldest.count >= countMax {
            // What is left of the revision that was cut in two is no use to those before it.
            floor = max(floor, oldest.last!.revision)
            chunkedCount -= oldest.count
            chunks.removeFirst()
        }
    }

    /// Calls `body` with each change past `revision`, the oldest first.
    ///
    /// - Precondition: `revision` is not below `floor`.
    func forEach(after revision: Revision, _ body: (RecentChange) -> Void) {
        precondition(revision >= floor, "what came after revision \(revision) is no longer all here")
        for chunk in chunks[firstChunk(after: revision)...] + [open] {
            let first = chunk.firstIndex(isPast: { $0.revision > revision })
            chunk[first...].forEach(body)
        }
    }

    func count(after revision: Revision) -> Int {
        let first = firstChunk(after: revision)
        let whole = chunks[first...].reduce(open.count) { $0 + $1.count }
        let begun = first < chunks.count ? chunks[first] : open
        return whole - begun.firstIndex(isPast: { $0.revision > revision })
    }

    private func firstChunk(after revision: Revision) -> Int {
        chunks.firstIndex(isPast: { $0.last!.revision > revision })
    }
}

extension Array {
    /// Where the elements begin that `isPast`, which all those behind the first such are too; the end if none is.
    fileprivate func firstIndex(isPast: (Element) -> Bool) -> Int {
        var (low, high) = (startIndex, endIndex)
        while low < high {
            let middle = (low + high) / 2
            if isPast(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
