import CMicroHTTPD
import Glibc

/// A daemon of libmicrohttpd. On its loop's thread, but for `start`.
@safe final class Daemon {
    private var handle: OpaquePointer?
    private var options: UnsafeMutablePointer<cmhd_options>?
    private var texts: [UnsafeMutablePointer<CChar>?] = unsafe []
    private(set) var epoll: Int32 = -1
    private var isDue = false

    deinit {
        while let text = unsafe texts.popLast() { unsafe free(text) }
        unsafe options?.deallocate()
    }

    /// - Parameter context: the loop, unretained: it outlives its daemon.
    func start(
        _ listener: ListeningSocket, _ configuration: ServerConfiguration, connectionsMax: Int,
        context: UnsafeMutableRawPointer
    ) throws(ServerError) {
        let options = UnsafeMutablePointer<cmhd_options>.allocate(capacity: 1)
        unsafe self.options = options
        unsafe options.initialize(to: cmhd_options())
        unsafe options.pointee.listener = listener.descriptor
        unsafe options.pointee.connections_max = UInt32(connectionsMax)
        unsafe options.pointee.memory_bytes = configuration.limits.memoryBytes
        unsafe options.pointee.context = context
        unsafe options.pointee.handle = handleRequest
        unsafe options.pointee.request_line = beginRequest
        unsafe options.pointee.completed = completeRequest
        unsafe options.pointee.connection_changed = changeConnection
        if configuration.log != nil { unsafe options.pointee.log = logLine }
        if let tls = configuration.tls {
            unsafe options.pointee.certificate = keep(tls.certificate)
            unsafe options.pointee.key = keep(tls.key)
            unsafe options.pointee.priorities = keep(TLSConfiguration.priorities)
            if tls.clientCertificate != .none, let authorities = tls.clientAuthorities {
                unsafe options.pointee.client_authorities = keep(authorities)
            }
        }
        guard let daemon = unsafe cmhd_start(options) else {
            close(listener.descriptor)
            throw .notStarted("libmicrohttpd refused the socket or the certificate")
        }
        unsafe handle = daemon
        unsafe epoll = cmhd_epoll_descriptor(daemon)
    }

    /// A copy that lives as long as this does.
    private func keep(_ text: String) -> UnsafePointer<CChar>? {
        unsafe texts.append(strdup(text))
        return unsafe texts[texts.count - 1].map { unsafe UnsafePointer($0) }
    }

    /// Does what can be done now; never waits.
    func run() {
        isDue = false
        if let handle = unsafe handle { unsafe MHD_run(handle) }
    }

    func mustRunSoon() { isDue = true }

    /// Whether there is more to do without waiting for the epoll.
    var mustRunAgain: Bool {
        if isDue { return true }
        var milliseconds: UInt64 = 1
        guard let handle = unsafe handle, unsafe MHD_get_timeout(handle, &milliseconds) == .YES else {
            return false
        }
        return milliseconds == 0
    }

    func stopListening() {
        guard let handle = unsafe handle else { return }
        let listener = unsafe MHD_quiesce_daemon(handle)
        if listener >= 0 { close(listener) }
    }

    func stop() {
        if let handle = unsafe handle { unsafe MHD_stop_daemon(handle) }
        unsafe handle = nil
    }
}
