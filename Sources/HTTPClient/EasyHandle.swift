import CCurl

/// A libcurl easy handle with the connections it keeps open.
///
/// `@unchecked Sendable`: it goes from thread to thread through the client's pool, and is out of it while a call
/// uses it.
@safe
final class EasyHandle: @unchecked Sendable {
    private let raw: UnsafeMutableRawPointer

    /// Once a process; libcurl's own initialisation is safe from any thread in this build (`threadsafe`).
    private static let isReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    /// Bodies up to this are sent without `Expect: 100-continue`.
    private static let unaskedBytesMax = 1 << 20

    init() throws(ClientError) {
        guard Self.isReady, let raw = unsafe curl_easy_init() else {
            throw .other("libcurl could not be started; there may be too little memory.")
        }
        unsafe self.raw = unsafe raw
    }

    deinit { unsafe curl_easy_cleanup(raw) }

    /// Makes the call, and forgets everything about it afterwards except connections, TLS sessions and names.
    ///
    /// - Returns: libcurl's code, and its own words about a failure.
    func perform(
        _ request: ClientRequest, _ exchange: Exchange, _ configuration: ClientConfiguration
    ) -> (code: CURLcode, words: String) {
        var words = [CChar](repeating: 0, count: Int(CURL_ERROR_SIZE))
        var list: UnsafeMutablePointer<curl_slist>?
        defer {
            unsafe curl_easy_reset(raw)
            unsafe curl_slist_free_all(list)
        }
        for field in request.fields {
            // An empty value is written with a semicolon; with a colon libcurl would drop the field.
            let line = field.value.isEmpty ? "\(field.name);" : "\(field.name): \(field.value)"
            unsafe list = curl_slist_append(list, line)
        }
        // Signed along with the others; libcurl takes it from here.
        if let token = request.signature?.sessionToken {
            unsafe list = curl_slist_append(list, "x-amz-security-token: \(token)")
        }
        // Only a large body waits for the server's word before it is sent; libcurl would ask for each PUT.
        // A signed one keeps libcurl's own ways: 7.88 signs this line too, which it does not send.
        if request.body.length <= Self.unaskedBytesMax, request.signature == nil {
            unsafe list = curl_slist_append(list, "Expect:")
        }
        unsafe set(CURLOPT_HTTPHEADER, list)
        unsafe set(CURLOPT_CURLU, UnsafeMutableRawPointer(exchange.url.raw))
        setTransport(configuration)
        setTimeLimits(request.timeLimits ?? configuration.timeLimits)
        setMethod(request)
        if let signature = request.signature { sign(signature) }
        if let bytesMax = exchange.announcedBytesMax {
            unsafe check(ccurl_set_offset(raw, CURLOPT_MAXFILESIZE_LARGE, curl_off_t(bytesMax)))
        }
        let code = unsafe words.withUnsafeMutableBufferPointer { buffer in
            unsafe set(CURLOPT_ERRORBUFFER, buffer.baseAddress)
            return withExtendedLifetime(exchange) {
                unsafe ccurl_set_callbacks(
                    raw, headerCallback, writeCallback, readCallback, seekCallback, openSocketCallback,
                    Unmanaged.passUnretained(exchange).toOpaque())
                return unsafe curl_easy_perform(raw)
            }
        }
        return (code, String(decoding: words.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self))
    }

    private func setTransport(_ configuration: ClientConfiguration) {
        let schemes = configuration.allowsPlainHTTP ? "http,https" : "https"
        set(CURLOPT_PROTOCOLS_STR, schemes)
        set(CURLOPT_REDIR_PROTOCOLS_STR, schemes)
        set(CURLOPT_FOLLOWLOCATION, 0)
        // One version on every connection; there is nothing here that HTTP/2 would make faster.
        set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        set(CURLOPT_PATH_AS_IS, 1)
        set(CURLOPT_DISALLOW_USERNAME_IN_URL, 1)
        // An empty proxy is none; without it the environment would be asked.
        set(CURLOPT_PROXY, configuration.proxyURL ?? "")
        set(CURLOPT_NOPROXY, configuration.proxyURL == nil ? "*" : "")
        set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        set(CURLOPT_NETRC, Int(CURL_NETRC_IGNORED.rawValue))
        set(CURLOPT_HTTPAUTH, 0)
        set(CURLOPT_USERAGENT, configuration.userAgent)
        set(CURLOPT_BUFFERSIZE, 64 << 10)
        // A kept connection would not be asked about again.
        if configuration.destinations != .any {
            set(CURLOPT_FRESH_CONNECT, 1)
            set(CURLOPT_FORBID_REUSE, 1)
        }
        set(CURLOPT_SSL_VERIFYPEER, 1)
        set(CURLOPT_SSL_VERIFYHOST, 2)
        set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        if let file = configuration.tls.authoritiesFile {
            set(CURLOPT_CAINFO, file)
            set(CURLOPT_CAPATH, nil as String?)
        }
        if let file = configuration.tls.certificateFile { set(CURLOPT_SSLCERT, file) }
        if let file = configuration.tls.keyFile { set(CURLOPT_SSLKEY, file) }
    }

    private func setTimeLimits(_ limits: TimeLimits) {
        // libcurl's own time-outs by signal would not be safe with threads.
        set(CURLOPT_NOSIGNAL, 1)
        set(CURLOPT_CONNECTTIMEOUT_MS, Self.milliseconds(limits.connectSeconds))
        if let seconds = limits.totalSeconds { set(CURLOPT_TIMEOUT_MS, Self.milliseconds(seconds)) }
        if let seconds = limits.idleSeconds {
            set(CURLOPT_LOW_SPEED_LIMIT, 1)
            set(CURLOPT_LOW_SPEED_TIME, seconds)
        }
        set(CURLOPT_TCP_KEEPALIVE, 1)
    }

    /// Each body goes out as an upload under the method's own name, since `POSTFIELDS` would add a content type.
    private func setMethod(_ request: ClientRequest) {
        switch request.body {
        case .none where request.method == "HEAD": set(CURLOPT_NOBODY, 1)
        case .none where !["POST", "PUT", "PATCH"].contains(request.method): set(CURLOPT_HTTPGET, 1)
        default:
            set(CURLOPT_UPLOAD, 1)
            unsafe check(ccurl_set_offset(raw, CURLOPT_INFILESIZE_LARGE, curl_off_t(request.body.length)))
        }
        if request.method != "HEAD" { set(CURLOPT_CUSTOMREQUEST, request.method) }
    }

    /// After the transport's settings, which allow no kind of authentication.
    private func sign(_ signature: RequestSignature) {
        set(CURLOPT_AWS_SIGV4, "aws:amz:\(signature.region):\(signature.service)")
        set(CURLOPT_USERNAME, signature.keyID)
        set(CURLOPT_PASSWORD, signature.secret)
    }

    /// Never zero, which libcurl takes for no limit.
    private static func milliseconds(_ seconds: Double) -> Int { max(1, Int(seconds * 1_000)) }

    private func set(_ option: CURLoption, _ value: Int) {
        unsafe check(ccurl_set_long(raw, option, value))
    }

    private func set(_ option: CURLoption, _ value: String?) {
        unsafe check(ccurl_set_string(raw, option, value))
    }

    private func set(_ option: CURLoption, _ value: UnsafeMutableRawPointer?) {
        unsafe check(ccurl_set_pointer(raw, option, value))
    }

    /// An option that libcurl does not know would be a protection that is not there.
    private func check(_ code: CURLcode) {
        precondition(code == CURLE_OK, "libcurl refused an option")
    }
}
