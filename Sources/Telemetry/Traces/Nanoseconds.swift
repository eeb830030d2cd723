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
