import Synchronization

/// A number that goes up and down. Lock-free, any thread.
public final class Gauge: Sendable {
    private let amount = Atomic<Int>(0)

    init() {}

    public func set(_ amount: Int) { self.amount.store(amount, ordering: .relaxed) }

    /// A negative amount takes away.
    public func add(_ amount: Int) { self.amount.wrappingAdd(amount, ordering: .relaxed) }

    public var value: Int { amount.load(ordering: .relaxed) }
}
