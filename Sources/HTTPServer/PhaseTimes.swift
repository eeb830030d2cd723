/// The limits' times in nanoseconds, so that a request's deadlines are additions.
struct PhaseTimes {
    let head: Int64
    let idle: Int64
    let sweepPeriod: Int64
    private let body: Int64
    private let answer: Int64
    private let bytesPerSecondMin: Int64

    init(_ limits: ServerLimits) {
        head = limits.headTime.nanoseconds
        idle = limits.idleTime.nanoseconds
        sweepPeriod = limits.sweepPeriod.nanoseconds
        body = limits.bodyTime.nanoseconds
        answer = limits.answerTime.nanoseconds
        bytesPerSecondMin = Int64(limits.bytesPerSecondMin)
    }

    func body(bytes: Int) -> Int64 { body + sending(bytes: bytes) }
    func answer(bytes: Int) -> Int64 { answer + sending(bytes: bytes) }

    /// What that many bytes take at the least speed.
    func sending(bytes: Int) -> Int64 {
        Int64(bytes) / bytesPerSecondMin * 1_000_000_000
            + Int64(bytes) % bytesPerSecondMin * 1_000_000_000 / bytesPerSecondMin
    }
}
