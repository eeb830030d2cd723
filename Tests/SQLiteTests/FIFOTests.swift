import Testing

@testable import SQLite

@Suite struct FIFOTests {
    @Test("what goes in first comes out first, however the two are mixed")
    func order() {
        var queue = FIFO<Int>()
        var expected = 0
        for n in 0..<1_000 {
            queue.append(n)
            if n % 3 != 0 {
                #expect(queue.popFirst() == expected)
                expected += 1
            }
        }
        #expect(queue.count == 1_000 - expected)
        #expect(queue.removeAll() == Array(expected..<1_000))
        #expect(queue.popFirst() == nil)
    }

    @Test("what was taken is let go of at once")
    func release() {
        final class Token {}
        var queue = FIFO<Token>()
        weak var first: Token?
        do {
            let token = Token()
            first = token
            queue.append(token)
        }
        for _ in 0..<9 { queue.append(Token()) }
        _ = queue.popFirst()
        #expect(first == nil)
    }
}
