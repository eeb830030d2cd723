import Testing

@testable import HTTPServer

@Suite("Deadline heap")
struct DeadlineHeapTests {
    private final class Element: HeapElement {
        var heapIndex = -1
        let heapDeadline: MonotonicTime
        init(_ deadline: MonotonicTime) { heapDeadline = deadline }
    }

    @Test("Elements come out by their deadlines, whatever was inserted and removed in between")
    func order() {
        var random = SystemRandomNumberGenerator()
        var heap = DeadlineHeap<Element>()
        var inside: [Element] = []
        for _ in 0..<5_000 {
            if inside.isEmpty || Bool.random(using: &random) {
                let element = Element(.random(in: 0..<100, using: &random))
                heap.insert(element)
                inside.append(element)
            } else {
                let element = inside.remove(at: .random(in: inside.indices, using: &random))
                heap.remove(element)
                #expect(element.heapIndex == -1)
                heap.remove(element)
            }
            #expect(heap.first?.heapDeadline == inside.map(\.heapDeadline).min())
        }
        var last = MonotonicTime.min
        while let first = heap.first {
            #expect(first.heapDeadline >= last)
            last = first.heapDeadline
            heap.remove(first)
        }
        #expect(heap.count == 0)
    }
}
