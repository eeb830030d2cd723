import Synchronization

/// A number that only grows.
///
/// Adding takes no lock and any thread may do it. Whoever adds often looks the counter up once and keeps it.
public final class Counter: Sendable {
    private let amount = Atomic<UInt64>(0)

    init() {}

    /// - Precondition: `amount` is not negative.
    public func add(_ amount: Int = 1) {
        self.amount.wrappingAdd(UInt64(amount), ordering: .relaxed)
    }

    public var value: UInt64 { amount.load(ordering: .relaxed) }
}
