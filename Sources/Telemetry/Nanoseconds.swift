import Glibc

/// The system's clocks in nanoseconds.
enum Nanoseconds {
    static func unix() -> UInt64 { read(CLOCK_REALTIME) }

    /// From some point in the past; never set.
    static func monotonic() -> UInt64 { read(CLOCK_MONOTONIC) }

    private static func read(_ clock: clockid_t) -> UInt64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}

extension UInt64 {
    /// The duration in nanoseconds; a negative one is none, and one past 584 years the longest there is.
    init(nanosecondsOf duration: Duration) {
        // Up to 18 seconds are one word of attoseconds; dividing two is slow.
        self =
            UInt64(exactly: duration.attoseconds).map { $0 / 1_000_000_000 }
            ?? UInt64(clamping: duration.attoseconds / 1_000_000_000)
    }
}
