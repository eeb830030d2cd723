import CMicroHTTPD
import HTTP

/// The request's way in: line, head, body.
extension Connection {
    /// The request line is there. `text` is the library's, which is about to cut it.
    func beginExchange(_ text: UnsafePointer<UInt8>) {
        _ = after(.requestLine)
        unsafe target.take(text, bytesMax: loop.configuration.limits.targetBytesMax)
        started = loop.now
        // A connection's first head has been awaited since it began.
        if phase == .idle {
            phase = .head
            deadline = loop.now.adding(loop.times.head)
        }
        // The library would cut the query into pairs that nobody asks for, at a record of its memory each,
        // and get into a loop without end where the memory does not suffice. It looks for them from here on.
        if target.mark != -1 { unsafe UnsafeMutablePointer(mutating: text)[target.mark + 1] = 0 }
    }

    /// The library's call for the head, each piece of the body, and the whole request.
    func handle(
        method: UnsafePointer<UInt8>, url: UnsafePointer<UInt8>, version: UnsafePointer<UInt8>,
        upload: UnsafePointer<CChar>?, count: UnsafeMutablePointer<Int>
    ) -> MHD_Result {
        if machine.state == .head { return unsafe receiveHead(method: method, url: url, version: version) }
        if unsafe count.pointee > 0 {
            let bytes = unsafe UnsafeRawBufferPointer(start: upload, count: count.pointee)
            unsafe count.pointee = 0
            return unsafe receiveBody(bytes)
        }
        return perform(after(.whole))
    }

    private func receiveHead(
        method: UnsafePointer<UInt8>, url: UnsafePointer<UInt8>, version: UnsafePointer<UInt8>
    ) -> MHD_Result {
        do throws(ServerProblem) {
            let table = loop.fields
            unsafe table.fill(from: handle)
            let raw = unsafe RawHead(
                method: method, target: url, targetCount: target.count, version: version,
                count: cmhd_head_count(handle), fields: table)
            let verdict = try loop.requestGuard.verdict(on: raw)
            if let problem = target.problem { throw problem }
            self.method = verdict.method
            isOldVersion = unsafe version[7] == UInt8(ascii: "0")
            contentLength = verdict.contentLength
            if loop.clientCertificate != .none { try checkCertificate() }
            let head = RequestHead(
                method: verdict.method, path: target.path, query: target.query, peer: peer,
                hasBody: contentLength > 0, source: ConnectionFields(table: table))
            return try accept(loop.handler.receive(head), of: head)
        } catch {
            response = loop.configuration.problem(error)
            return perform(after(.answeredEarly))
        }
    }

    private func accept(_ reception: Reception, of head: RequestHead) throws(ServerProblem) -> MHD_Result {
        if contentLength > 0 {
            phase = .body
            deadline = loop.now.adding(loop.times.body(bytes: contentLength))
        }
        switch reception {
        case .answer(let response):
            if loop.compression.concerns(response) { return compress(response, head) }
            self.response = response
            return perform(after(contentLength > 0 ? .answeredEarly : .answered))
        case .deferred(let bodyBytesMax, let work):
            guard contentLength <= bodyBytesMax else { throw .contentTooLarge(bytesMax: bodyBytesMax) }
            request = head.copied()
            self.work = work
            return perform(after(.deferred))
        case .streamed(let bodyBytesMax, let work):
            guard contentLength <= bodyBytesMax else { throw .contentTooLarge(bytesMax: bodyBytesMax) }
            request = head.copied()
            let body = InboundBody { [mailbox = loop.mailbox, self] body in
                mailbox.post(.readerReady(self, body))
            }
            inbound = body
            self.work = { await work($0, body) }
            return perform(after(.streamed))
        case .watch(let watch):
            self.watch = watch
            return perform(after(.watched))
        }
    }

    /// A long answer leaves the loop for it, unless it refuses a body, which cannot wait.
    private func compress(_ response: Response, _ head: RequestHead) -> MHD_Result {
        let accepted = head.field(.acceptEncoding)
        if contentLength == 0, loop.compression.isLong(response, accepting: accepted) {
            request = head.copied()
            work = { _ in response }
            return perform(after(.deferred))
        }
        var compressed = response
        loop.compression.apply(to: &compressed, accepting: accepted)
        self.response = compressed
        return perform(after(contentLength > 0 ? .answeredEarly : .answered))
    }

    private func receiveBody(_ bytes: UnsafeRawBufferPointer) -> MHD_Result {
        bytesReceived += bytes.count
        switch after(.bodyBytes) {
        case .collect:
            // Room for all of it only as it comes: an announced length is not yet a reason to give memory
            // away.
            if body.isEmpty { body.reserveCapacity(min(contentLength, 64 << 10)) }
            unsafe body.append(contentsOf: bytes)
            return .YES
        case .handOn:
            if let inbound, unsafe !inbound.receive(bytes) { return perform(after(.readerFull)) }
            return .YES
        case .discard: return .YES
        default: return .NO
        }
    }

    /// Mail: the reader has room again; late where the exchange is another one by now.
    func goOn(reading body: InboundBody) {
        if inbound === body { _ = perform(after(.readerReady)) }
    }

    /// Does what the state machine said.
    func perform(_ action: ExchangeStateMachine.Action) -> MHD_Result {
        switch action {
        case .nothing: return .YES
        case .queue: return queueResponse()
        case .decide: return park()
        case .start: startWork()
        case .startAndSuspend:
            startWork()
            suspend()
        case .suspend:
            inboundIsWhole()
            suspend()
        case .resume: resume()
        case .close, .collect, .handOn, .discard: return .NO
        }
        return .YES
    }

    /// A reader whose connection is suspended for the whole request sees the end.
    private func inboundIsWhole() {
        if machine.state == .working { inbound?.end() }
    }

    private func startWork() {
        guard var request, let work else { return }
        request.body = body
        body = []
        self.request = nil
        self.work = nil
        loop.deferredWork.start(request, work, for: self)
    }

    private func checkCertificate() throws(ServerProblem) {
        let worth = certificate ?? verifyCertificate()
        certificate = worth
        let isRefused =
            worth == cmhd_certificate_invalid
            || worth == cmhd_certificate_absent && loop.clientCertificate == .require
        if isRefused { throw .clientCertificateRequired }
    }

    private func verifyCertificate() -> cmhd_certificate {
        unsafe cmhd_verify_client(handle, Unmanaged.passUnretained(self).toOpaque(), noteCertificateName)
    }
}

/// Called by GnuTLS's shim for each name of a verified certificate.
private func noteCertificateName(context: UnsafeMutableRawPointer?, name: UnsafePointer<CChar>?, count: Int) {
    guard let context = unsafe context, let name = unsafe name else { return }
    let bytes = unsafe UnsafeRawBufferPointer(start: name, count: count)
    guard let text = unsafe String(validating: bytes, as: UTF8.self) else { return }
    unsafe Unmanaged<Connection>.fromOpaque(context).takeUnretainedValue().addCertificateName(text)
}
