import CMicroHTTPD
import Glibc
import HTTP

/// One connection, and the exchange that is under way on it.
///
/// Lives from libmicrohttpd's notice that the connection has begun to its notice that it has ended, and is
/// touched on its loop's thread alone; other threads carry the reference back to the loop in mail. A
/// connection that is suspended is not touched by the library, so that it is still there when its mail comes.
@safe final class Connection: @unchecked Sendable, HeapElement {
    let loop: Loop
    let handle: OpaquePointer
    let descriptor: Int32
    private(set) var peer: Peer
    /// Whether the client's certificate has been looked at.
    var certificate: cmhd_certificate?

    /// Its place among the loop's connections.
    var index = -1
    private(set) var machine = ExchangeStateMachine()
    /// When the reaper cuts the connection off; never while it is suspended.
    var deadline = MonotonicTime.never
    /// What was left until the deadline when the connection was suspended.
    var timeLeft: Int64 = 0
    var phase = ReapedPhase.head

    var target = RequestTarget()
    var method: Method?
    /// HTTP/1.0.
    var isOldVersion = false
    var contentLength = 0
    var started = MonotonicTime.never
    var bytesReceived = 0
    var bytesSent = 0
    /// The answer was given before the request was read: its client may still be sending when it ends.
    private(set) var mustLinger = false
    /// Of the response that was queued.
    var status: Status?

    /// The answer until it is queued.
    var response: Response?
    var request: Request?
    var work: (@Sendable (Request) async -> Response)?
    var body: [UInt8] = []
    var inbound: InboundBody?
    var outbound: OutboundBody?

    var watch: Watch?
    /// Counts this connection's watches, so that mail for an earlier one is known.
    var watchNumber: UInt64 = 0
    var watches: SignalWatches?
    var isHangupWatched = false
    var parkedIndex = -1
    var heapIndex = -1
    var heapDeadline = MonotonicTime.never

    init(loop: Loop, handle: OpaquePointer, address: String) {
        self.loop = loop
        unsafe self.handle = handle
        unsafe descriptor = cmhd_descriptor(handle)
        peer = Peer(address: address)
        deadline = loop.now.adding(loop.times.head)
    }

    func addCertificateName(_ name: String) { peer.certificateNames.append(name) }

    /// Tells the state machine; by a copy, because a change in place is watched at run time, at each request.
    func after(_ event: ExchangeStateMachine.Event) -> ExchangeStateMachine.Action {
        if event == .answeredEarly { mustLinger = true }
        var next = machine
        defer { machine = next }
        return next.after(event)
    }

    func suspend() {
        timeLeft = deadline - loop.now
        deadline = .never
        unsafe MHD_suspend_connection(handle)
    }

    /// The library goes on with it in its next run, and does not say by itself that it must run.
    func resume() {
        deadline = loop.now.adding(timeLeft)
        unsafe MHD_resume_connection(handle)
        loop.daemon.mustRunSoon()
    }

    /// The connection is about to end: has the library see to it in its next run.
    func attend() {
        unsafe cmhd_attend(handle)
        loop.daemon.mustRunSoon()
    }

    /// Cuts the connection off, and says why where the request is late and nothing of an answer is under way.
    func reap() {
        if machine.state.awaitsRequest { sendTimeout() }
        shutdown(descriptor, Int32(SHUT_RDWR))
        attend()
    }

    /// Past the library, which has no call for it. A message that does not fit what the kernel takes at once is
    /// not worth a wait; inside TLS it can't be sent from here.
    private func sendTimeout() {
        guard loop.configuration.tls == nil else { return }
        let problem = loop.configuration.problem(.requestTimeout)
        guard case .bytes(let body) = problem.body else { return }
        let head = """
            HTTP/1.1 408 Request Timeout\r
            Connection: close\r
            Content-Type: \(problem.fields[.contentType] ?? "")\r
            Content-Length: \(body.count)\r
            \r

            """
        let bytes = Array(head.utf8) + body
        unsafe cmhd_send_now(descriptor, bytes, bytes.count)
    }

    func abandon() {
        switch after(.abandoned) {
        case .resume:
            unpark()
            resume()
        default: break
        }
    }

    /// The library is done with the exchange; the next one may follow.
    func completed(_ code: MHD_RequestTerminationCode) {
        unpark()
        _ = after(.completed)
        inbound?.breakOff()
        outbound?.close()
        if let observer = loop.configuration.observer {
            observer.finished(
                FinishedExchange(
                    method: method, status: status, duration: .nanoseconds(MonotonicTime.now() - started),
                    bodyBytesReceived: bytesReceived, bodyBytesSent: bytesSent,
                    isComplete: code == .REQUEST_TERMINATED_COMPLETED_OK && status != nil))
        }
        method = nil
        contentLength = 0
        bytesReceived = 0
        bytesSent = 0
        status = nil
        response = nil
        request = nil
        work = nil
        body = []
        inbound = nil
        outbound = nil
        phase = .idle
        deadline = loop.isStopping ? loop.now : loop.now.adding(loop.times.idle)
    }
}
