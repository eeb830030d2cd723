import Synchronization
import Testing

@testable import ControlPlane

@Suite struct BuiltOnceTests {
    private final class Box: Sendable {
        let value = BuiltOnce<Int>()
        let makes = Atomic(0)
    }

    @Test("many who ask at once get one value, made once")
    func once() async {
        let box = Box()
        let values = await withTaskGroup(of: Int.self, returning: [Int].self) { group in
            for _ in 0..<50 {
                group.addTask {
                    box.value.value { box.makes.add(1, ordering: .relaxed).newValue }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(values == [Int](repeating: 1, count: 50))
        #expect(box.makes.load(ordering: .relaxed) == 1)
    }

    @Test("it is ready once it is made, and not while it is being made")
    func ready() {
        let box = Box()
        #expect(box.value.ready == nil)
        _ = box.value.value {
            #expect(box.value.ready == nil)
            return 7
        }
        #expect(box.value.ready == 7)
    }

    @Test("where making it fails, the next to ask makes it")
    func failure() {
        struct Failure: Error {}
        let box = Box()
        #expect(throws: Failure.self) { try box.value.value { () throws(Failure) in throw Failure() } }
        #expect(box.value.value { 3 } == 3)
    }
}
