/// A queue whose first element is taken in constant time.
struct FIFO<Element> {
    /// Nil before `start`, so that what was taken is let go of at once.
    private var elements: [Element?] = []
    private var start = 0

    var count: Int { elements.count - start }

    var first: Element? { start < elements.count ? elements[start] : nil }

    mutating func append(_ element: Element) {
        elements.append(element)
    }

    mutating func popFirst() -> Element? {
        guard start < elements.count else { return nil }
        let first = elements[start]
        elements[start] = nil
        start += 1
        // Moving the rest when half is empty costs one move an element in all.
        if start * 2 > elements.count {
            elements.removeFirst(start)
            start = 0
        }
        return first
    }

    mutating func removeAll() -> [Element] {
        defer {
            elements = []
            start = 0
        }
        return elements[start...].compactMap { $0 }
    }
}
