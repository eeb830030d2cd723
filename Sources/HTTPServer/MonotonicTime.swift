import Glibc

/// Nanoseconds of the monotonic clock; a plain number because a loop reads and compares it for each request.
typealias MonotonicTime = Int64

extension MonotonicTime {
    /// A deadline that never comes.
    static let never = Int64.max

    static func now() -> MonotonicTime {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    /// Saturates: what is further away than 292 years never comes.
    func adding(_ nanoseconds: Int64) -> MonotonicTime {
        let (sum, overflow) = addingReportingOverflow(nanoseconds)
        return overflow ? .never : sum
    }
}

extension Duration {
    /// Saturates at 292 years.
    var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        guard !overflow else { return seconds > 0 ? .max : .min }
        return product.adding(attoseconds / 1_000_000_000)
    }
}
