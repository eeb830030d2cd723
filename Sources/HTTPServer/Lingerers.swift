import CMicroHTTPD
import Glibc

/// The sockets of connections that were ended while their clients may still be sending.
///
/// To close a socket with bytes unread resets the connection, and a reset can overtake the answer that says
/// why. So what was refused before it was read is read and thrown away for a moment longer (RFC 9112 §9.6),
/// on a second descriptor of the socket, because libmicrohttpd closes its own. On the loop's thread.
@safe final class Lingerers {
    /// More are closed at once: nobody can hold descriptors by being refused.
    static let countMax = 64
    private static let time: Int64 = 2_000_000_000

    let descriptor: Int32
    private var sockets: [(descriptor: Int32, until: MonotonicTime)] = []

    init() throws(ServerError) {
        descriptor = cmhd_epoll()
        guard descriptor >= 0 else { throw .last("epoll_create1") }
    }

    deinit {
        for socket in sockets { close(socket.descriptor) }
        close(descriptor)
    }

    var isEmpty: Bool { sockets.isEmpty }

    /// `socket` is about to be closed by its owner.
    func add(_ socket: Int32, _ now: MonotonicTime) {
        guard sockets.count < Self.countMax else { return }
        let copy = cmhd_linger(descriptor, socket)
        if copy >= 0 { sockets.append((copy, now.adding(Self.time))) }
    }

    /// Throws away what has come, and closes those that are done or out of time.
    func drain(_ now: MonotonicTime) {
        sockets.removeAll { socket in
            guard cmhd_discard(socket.descriptor), now < socket.until else {
                close(socket.descriptor)
                return true
            }
            return false
        }
    }
}
