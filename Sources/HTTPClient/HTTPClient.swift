import CCurl
import Synchronization

/// Calls HTTP servers, over libcurl. A call blocks its thread until it is answered or fails; any number of threads
/// may call at once. Redirects are answers like any other and never followed.
///
/// Connections are kept and used again, unless the destinations are restricted: then each call makes its own, so
/// that each is checked. A request on a kept connection that the server has just closed is sent once more by
/// libcurl; whoever can't bear that sends an `Idempotency-Key`.
public final class HTTPClient: Sendable {
    private struct Idle {
        let origin: String
        let handle: EasyHandle
    }

    private let configuration: ClientConfiguration
    private let idle = Mutex<[Idle]>([])

    /// - Precondition: restricted destinations have no proxy, and there is a key if there is a certificate.
    public init(_ configuration: ClientConfiguration = ClientConfiguration()) {
        precondition(
            configuration.proxyURL == nil || configuration.destinations == .any,
            "a proxy connects to where it will: destinations can't be restricted behind it")
        precondition(
            (configuration.tls.certificateFile == nil) == (configuration.tls.keyFile == nil),
            "a client certificate and its key come together")
        self.configuration = configuration
    }

    /// Sends the request and gathers the answer.
    ///
    /// - Throws: `ClientError` where there is no whole answer.
    public func send(_ request: ClientRequest) throws(ClientError) -> ClientResponse {
        try send(request, to: nil)
    }

    /// Sends the request and hands on the body while it arrives, piece by piece, on this thread.
    ///
    /// Only the body of a success (2xx) goes to `receive`, and its size is not limited. That of any other answer
    /// is gathered, so that the error can be read from it.
    ///
    /// - Throws: `ClientError`, with `stopped` for what `receive` throws, which ends the call.
    public func send(
        _ request: ClientRequest, receive: ([UInt8]) throws -> Void
    ) throws(ClientError) -> ClientResponse {
        try withoutActuallyEscaping(receive) { (receive) throws(ClientError) -> ClientResponse in
            try send(request, to: receive)
        }
    }

    private func send(
        _ request: ClientRequest, to receive: (([UInt8]) throws -> Void)?
    ) throws(ClientError) -> ClientResponse {
        precondition(isToken(request.method), "a method is a token (RFC 9110 §9.1)")
        for field in request.fields where !isToken(field.name) || field.value.utf8.contains(where: isControl)
        {
            throw .badField(
                "The header field \(field.name.debugDescription) can't be sent; remove line breaks.")
        }
        let url = try ParsedURL(request.url, allowsPlainHTTP: configuration.allowsPlainHTTP)
        let exchange = Exchange(request, url, configuration, receive: receive)
        let handle = try take(for: url.origin)
        let (code, words) = handle.perform(request, exchange, configuration)
        put(handle, for: url.origin)
        if let failure = exchange.failure { throw failure }
        guard code == CURLE_OK else { throw ClientError(code, words, exchange) }
        return exchange.response
    }

    /// A handle that may have a connection to there, else any, else a new one.
    private func take(for origin: String) throws(ClientError) -> EasyHandle {
        let kept = idle.withLock { idle in
            (idle.lastIndex { $0.origin == origin } ?? idle.indices.last).map { idle.remove(at: $0).handle }
        }
        if let kept { return kept }
        return try EasyHandle()
    }

    private func put(_ handle: EasyHandle, for origin: String) {
        idle.withLock { idle in
            if idle.count < configuration.idleHandlesMax { idle.append(Idle(origin: origin, handle: handle)) }
        }
    }
}

/// RFC 9110 §5.6.2.
private func isToken(_ text: String) -> Bool {
    !text.isEmpty
        && text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
            }
        }
}

private func isControl(_ byte: UInt8) -> Bool { (byte < 0x20 && byte != 0x09) || byte == 0x7F }
