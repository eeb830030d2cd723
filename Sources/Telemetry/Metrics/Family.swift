import Synchronization

public typealias CounterFamily = Family<Counter>
public typealias GaugeFamily = Family<Gauge>
public typealias HistogramFamily = Family<Histogram>

/// A metric with labels: a child for each combination of values that was asked for.
///
/// Past `childrenMax` every new combination shares one child whose labels all say `other`: what outsiders send
/// can't fill the memory here nor in Prometheus.
public final class Family<Child: Sendable>: Sendable {
    private struct Member {
        let labels: String
        let child: Child
    }

    private let labels: [String]
    private let childrenMax: Int
    private let make: @Sendable () -> Child
    private let members = Mutex<[[String]: Member]>([:])

    init(labels: [String], childrenMax: Int, make: @escaping @Sendable () -> Child) {
        precondition(!labels.isEmpty && childrenMax > 0, "a family has labels and children")
        precondition(labels.allSatisfy(isMetricName), "a label is named as a metric is")
        self.labels = labels
        self.childrenMax = childrenMax
        self.make = make
    }

    /// The child with these values, in the order of the labels. Takes a lock: to be looked up once and kept.
    public subscript(_ values: String...) -> Child {
        members.withLock { child(values, in: &$0) }
    }

    private func child(_ values: [String], in members: inout [[String]: Member]) -> Child {
        precondition(values.count == labels.count, "a value for each of \(labels)")
        if let member = members[values] { return member.child }
        let isFull = members.count >= childrenMax
        let values = isFull ? labels.map { _ in "other" } : values
        if let member = members[values] { return member.child }
        let child = make()
        members[values] = Member(labels: labelText(zip(labels, values)), child: child)
        return child
    }

    /// Every child with its labels as text, in their order.
    func all() -> [(labels: String, child: Child)] {
        members.withLock { Array($0.values) }.sorted { $0.labels < $1.labels }.map { ($0.labels, $0.child) }
    }
}

extension Family<Gauge> {
    /// These and no others, in one step: a cell that is gone leaves no figure behind. Amounts with the same values
    /// are added up.
    public func replaceAll(_ amounts: some Sequence<([String], Int)>) {
        var replaced: [[String]: Member] = [:]
        for (values, amount) in amounts { child(values, in: &replaced).add(amount) }
        members.withLock { [replaced] in $0 = replaced }
    }
}
