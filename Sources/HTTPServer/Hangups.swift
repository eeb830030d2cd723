import CMicroHTTPD
import Glibc

/// Notices that the clients of parked watches have gone.
///
/// libmicrohttpd takes a suspended connection out of its own epoll and sees nothing of it. This one holds the
/// parked connections alone and reports each hang-up at once, so that no sweep over thousands of sockets is
/// needed.
@safe final class Hangups {
    let descriptor: Int32

    init() throws(ServerError) {
        descriptor = cmhd_epoll()
        guard descriptor >= 0 else { throw .last("epoll_create1") }
    }

    deinit { close(descriptor) }

    /// Where the kernel has no memory for it, the watch still ends at its deadline.
    func watch(_ connection: Connection) {
        _ = unsafe cmhd_watch_hangup(
            descriptor, connection.descriptor, Unmanaged.passUnretained(connection).toOpaque())
    }

    func unwatch(_ connection: Connection) { cmhd_unwatch_hangup(descriptor, connection.descriptor) }

    /// Up to 64 connections that have hung up; more are there the next time.
    func take() -> [Connection] {
        unsafe withUnsafeTemporaryAllocation(of: UnsafeMutableRawPointer?.self, capacity: 64) { tags in
            let count = unsafe cmhd_hangups(descriptor, tags.baseAddress, 64)
            // A connection is taken out before its memory is given up, so that each tag is alive.
            return unsafe tags.prefix(Swift.max(0, Int(count))).compactMap { tag in
                unsafe tag.map { unsafe Unmanaged<Connection>.fromOpaque($0).takeUnretainedValue() }
            }
        }
    }
}
