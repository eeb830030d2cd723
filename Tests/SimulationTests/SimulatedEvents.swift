/// What happens in the world, in the order of time.
enum SimulatedEvent {
    case poll(gateway: Int, poll: Int)
    case pollArrives(gateway: Int, poll: Int, applied: Int64?, sentAt: Int64)
    case answer(gateway: Int, poll: Int, SimulatedTable, sentAt: Int64)
    case cellPoll(cell: Int, poll: Int)
    case cellPollArrives(cell: Int, poll: Int, applied: Int64?)
    case cellAnswer(cell: Int, poll: Int, SimulatedTable)
    case deregisters(gateway: Int)
    case restartGateway(Int)
    case restartCell(Int)
    case resume(gateway: Int)
    case mend(gateway: Int)
    case mendCell(Int)
    case advance
    case tick
    case trouble
    case wish
}

/// A binary heap by time; what comes at the same time comes in the order in which it was put in.
struct SimulatedEvents {
    private struct Entry {
        var time: Int64
        var number: Int
        var event: SimulatedEvent

        func isBefore(_ other: Entry) -> Bool {
            time == other.time ? number < other.number : time < other.time
        }
    }

    private var heap: [Entry] = []
    private var last = 0

    mutating func add(_ event: SimulatedEvent, at time: Int64) {
        last += 1
        heap.append(Entry(time: time, number: last, event: event))
        var child = heap.count - 1
        while child > 0, heap[child].isBefore(heap[(child - 1) / 2]) {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func next() -> (time: Int64, event: SimulatedEvent)? {
        guard let first = heap.first else { return nil }
        let last = heap.removeLast()
        guard !heap.isEmpty else { return (first.time, first.event) }
        heap[0] = last
        var parent = 0
        while true {
            var least = parent
            let (left, right) = (2 * parent + 1, 2 * parent + 2)
            if left < heap.count, heap[left].isBefore(heap[least]) { least = left }
            if right < heap.count, heap[right].isBefore(heap[least]) { least = right }
            if least == parent { break }
            heap.swapAt(parent, least)
            parent = least
        }
        return (first.time, first.event)
    }
}
