/// An element of a `DeadlineHeap`, which writes its place into it so that it can be taken out again at once.
protocol HeapElement: AnyObject {
    /// -1: in no heap. Written by the heap alone.
    var heapIndex: Int { get set }
    var heapDeadline: MonotonicTime { get }
}

/// Elements by their deadlines: the next one at once, insertion and removal in O(log n), nothing left behind.
///
/// A binary heap. Watches come and go far more often than their deadlines do, so removal must be exact:
/// entries that wait to be found stale would pile up to wakings per second times the hold time.
struct DeadlineHeap<Element: HeapElement> {
    private var elements: [Element] = []

    var first: Element? { elements.first }
    var count: Int { elements.count }

    mutating func insert(_ element: Element) {
        precondition(element.heapIndex == -1, "the element is in the heap already")
        elements.append(element)
        element.heapIndex = elements.count - 1
        siftUp(from: elements.count - 1)
    }

    /// An element that is in no heap is left alone.
    mutating func remove(_ element: Element) {
        let index = element.heapIndex
        guard index != -1 else { return }
        element.heapIndex = -1
        let last = elements.removeLast()
        guard last !== element else { return }
        place(last, at: index)
        siftUp(from: index)
        siftDown(from: last.heapIndex)
    }

    private mutating func place(_ element: Element, at index: Int) {
        elements[index] = element
        element.heapIndex = index
    }

    private mutating func siftUp(from start: Int) {
        var index = start
        let element = elements[index]
        while index > 0 {
            let parent = (index - 1) / 2
            guard element.heapDeadline < elements[parent].heapDeadline else { break }
            place(elements[parent], at: index)
            index = parent
        }
        place(element, at: index)
    }

    private mutating func siftDown(from start: Int) {
        var index = start
        let element = elements[index]
        while true {
            var child = 2 * index + 1
            guard child < elements.count else { break }
            if child + 1 < elements.count, elements[child + 1].heapDeadline < elements[child].heapDeadline {
                child += 1
            }
            guard elements[child].heapDeadline < element.heapDeadline else { break }
            place(elements[child], at: index)
            index = child
        }
        place(element, at: index)
    }
}
