import Glibc

/// What a loop waits for between two turns.
@safe final class Waiting {
    struct Ready {
        var hangups = false
        var lingerers = false
    }

    private let descriptors: UnsafeMutableBufferPointer<pollfd>

    init(daemon: Int32, mailbox: Int32, hangups: Int32, lingerers: Int32) {
        unsafe descriptors = .allocate(capacity: 4)
        let all = [daemon, mailbox, hangups, lingerers].map {
            pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
        }
        _ = unsafe descriptors.initialize(from: all)
    }

    deinit { unsafe descriptors.deallocate() }

    /// Returns when there is something to do, or after so many nanoseconds, rounded up to milliseconds.
    func wait(_ nanoseconds: MonotonicTime) -> Ready {
        let milliseconds = nanoseconds == .never ? -1 : Int32(clamping: (nanoseconds + 999_999) / 1_000_000)
        let count = unsafe poll(descriptors.baseAddress, nfds_t(descriptors.count), milliseconds)
        guard count > 0 else { return Ready() }
        return unsafe Ready(hangups: descriptors[2].revents != 0, lingerers: descriptors[3].revents != 0)
    }
}
