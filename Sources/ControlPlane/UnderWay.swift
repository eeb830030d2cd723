import Synchronization

/// Which pieces of long work have not ended, as of the last commit: what long polls ask.
final class UnderWay<ID: Hashable & Sendable>: Sendable {
    private let names = Mutex<Set<ID>>([])

    var all: Set<ID> { names.withLock { $0 } }
    var isEmpty: Bool { names.withLock { $0.isEmpty } }
    func contains(_ id: ID) -> Bool { names.withLock { $0.contains(id) } }
    func replace(_ ids: [ID]) { names.withLock { $0 = Set(ids) } }
}
