import Bytes
import CMicroHTTPD
import Glibc
import HTTP

/// The answer's way out.
extension Connection {
    /// Mail: the work is done.
    func finish(_ response: Response) {
        let action = after(.finished)
        guard machine.state == .ready || machine.state == .streamingAnswered else { return }
        self.response = response
        _ = perform(action)
    }

    /// Mail: the writer has something to send; late where the exchange is another one by now.
    func goOn(writing body: OutboundBody) {
        if outbound === body { _ = perform(after(.writerReady)) }
    }

    func queueResponse() -> MHD_Result {
        guard let response else { return .NO }
        self.response = nil
        status = response.status
        let sendsBody = method != .head && response.status != .noContent && response.status != .notModified
        phase = .answer
        // What a stopping server answers says so, and is not worth keeping.
        if case .shared(let bytes) = response.body, !loop.isStopping, response.status != .noContent,
            let prepared = PreparedAnswers.of(bytes)
        {
            if sendsBody { bytesSent = bytes.count }
            return unsafe prepared.with(response.fields) { unsafe queue($0, response.status) } ?? .NO
        }
        guard let made = unsafe sendsBody ? make(response.body) : makeBodiless(response) else { return .NO }
        defer { unsafe MHD_destroy_response(made) }
        unsafe addFields(response.fields, to: made)
        if loop.isStopping { unsafe MHD_add_response_header(made, "Connection", "close") }
        return unsafe queue(made, response.status)
    }

    private func queue(_ made: OpaquePointer, _ status: Status) -> MHD_Result {
        deadline = loop.now.adding(loop.times.answer(bytes: bytesSent))
        return unsafe MHD_queue_response(handle, UInt32(status.rawValue), made)
    }

    private func make(_ body: Response.Body) -> OpaquePointer? {
        switch body {
        case .none: return unsafe MHD_create_response_from_buffer(0, nil, .RESPMEM_PERSISTENT)
        case .bytes(let bytes):
            bytesSent = bytes.count
            return unsafe bytes.withUnsafeBytes { bytes in
                unsafe MHD_create_response_from_buffer(
                    bytes.count, UnsafeMutableRawPointer(mutating: bytes.baseAddress), .RESPMEM_MUST_COPY)
            }
        case .shared(let bytes):
            bytesSent = bytes.count
            return unsafe makeShared(bytes.owner, bytes.start, bytes.count)
        case .stream(let produce):
            let body = OutboundBody { [mailbox = loop.mailbox, self] body in
                mailbox.post(.writerReady(self, body))
            }
            outbound = body
            loop.deferredWork.start(produce, into: body)
            return unsafe MHD_create_response_from_callback(
                unknownSize, 1, sendStreamed, Unmanaged.passRetained(self).toOpaque(), releaseObject)
        }
    }

    /// An answer that tells of a body and does not send it.
    ///
    /// Its Content-Length is what the body would have had, or there is none (RFC 9110 §8.6). The library
    /// knows answers without one only as those that the connection's end ends: with chunked coding it would
    /// send the last chunk for a HEAD too.
    private func makeBodiless(_ response: Response) -> OpaquePointer? {
        let size: UInt64
        if response.status == .noContent {
            size = 0
        } else if let told = response.fields[.contentLength].flatMap({ UInt64($0) }) {
            size = told
        } else {
            switch response.body {
            case .bytes(let bytes): size = UInt64(bytes.count)
            case .shared(let bytes): size = UInt64(bytes.count)
            case .none: size = response.status == .notModified ? unknownSize : 0
            case .stream: size = unknownSize
            }
        }
        guard let made = unsafe MHD_create_response_from_callback(size, 1, sendNothing, nil, nil) else {
            return nil
        }
        if size == unknownSize { unsafe cmhd_end_by_closing(made) }
        return unsafe made
    }

    /// The library wants the next bytes of a streamed body.
    func send(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        guard machine.state == .sending, let outbound else {
            attend()
            return contentReaderError
        }
        switch unsafe outbound.take(into: buffer) {
        case .bytes(let count):
            bytesSent += count
            // What was taken before is with the kernel: the client has read, and gets time for as much again.
            deadline = max(deadline, loop.now).adding(loop.times.sending(bytes: count))
            return count
        case .nothing:
            _ = perform(after(.writerEmpty))
            return 0
        case .end:
            // Without chunks the connection's end ends the body.
            if isOldVersion { attend() }
            return contentReaderEnd
        case .broken:
            attend()
            return contentReaderError
        }
    }
}

/// `MHD_CONTENT_READER_END_OF_STREAM` and `…_END_WITH_ERROR`, whose casts Swift does not import.
private let contentReaderEnd = -1
private let contentReaderError = -2
/// `MHD_SIZE_UNKNOWN`.
private let unknownSize = UInt64.max

private func sendStreamed(
    context: UnsafeMutableRawPointer?, position: UInt64, buffer: UnsafeMutablePointer<CChar>?, count: Int
) -> Int {
    guard let context = unsafe context else { return contentReaderError }
    let connection = unsafe Unmanaged<Connection>.fromOpaque(context).takeUnretainedValue()
    return unsafe connection.send(into: UnsafeMutableRawBufferPointer(start: buffer, count: count))
}

/// The library does not ask for a body that it is not to send.
private func sendNothing(
    context: UnsafeMutableRawPointer?, position: UInt64, buffer: UnsafeMutablePointer<CChar>?, count: Int
) -> Int { contentReaderError }
