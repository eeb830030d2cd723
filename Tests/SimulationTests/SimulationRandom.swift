import TestRandom

extension SeededRandom {
    mutating func isChance(_ percent: Int) -> Bool { Int(next() % 100) < percent }
    mutating func number(_ range: ClosedRange<Int64>) -> Int64 {
        range.lowerBound + Int64(next() % UInt64(range.upperBound - range.lowerBound + 1))
    }
    mutating func index(_ count: Int) -> Int { Int(next() % UInt64(count)) }
}
