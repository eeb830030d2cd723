/// A `Branch` or a `Segment` of a `SegmentedIndex`.
///
/// Sendable without checking: the index changes a node only where nothing else refers to it.
class IndexNode: @unchecked Sendable {
    final let isSegment: Bool

    init(isSegment: Bool) { self.isSegment = isSegment }
}
