import CCurl

/// A URL as libcurl itself reads it, so that what is checked is what is called.
@safe
final class ParsedURL {
    /// A `CURLU`, lent to the transfer.
    let raw: OpaquePointer
    let destination: Destination
    /// Scheme, host and port: what errors name, and what a kept connection is for.
    let origin: String

    init(_ text: String, allowsPlainHTTP: Bool) throws(ClientError) {
        guard let raw = unsafe curl_url() else { throw .other("There is not enough memory for a request.") }
        unsafe self.raw = unsafe raw
        let flags = UInt32(CURLU_DISALLOW_USER | CURLU_PATH_AS_IS)
        let code =
            text.utf8.contains(0)
            ? CURLUE_MALFORMED_INPUT : unsafe curl_url_set(raw, CURLUPART_URL, text, flags)
        let scheme = unsafe Self.part(CURLUPART_SCHEME, of: raw)
        let host = unsafe Self.part(CURLUPART_HOST, of: raw)
        let port = unsafe Self.part(CURLUPART_PORT, of: raw)
        destination = Destination(host: host, port: UInt16(port) ?? 0, isPlain: scheme == "http")
        origin = "\(scheme)://\(host):\(port)"
        switch code {
        case CURLUE_OK where scheme == "https" || (scheme == "http" && allowsPlainHTTP): break
        case CURLUE_OK where scheme == "http":
            throw .badURL("Plain http is not allowed here; use https.")
        case CURLUE_USER_NOT_ALLOWED:
            throw .badURL("The URL holds a user or password; send a token in a header instead.")
        default:
            throw .badURL("This is not a URL that can be called; write it as https://host:port/path.")
        }
    }

    deinit { unsafe curl_url_cleanup(raw) }

    private static func part(_ part: CURLUPart, of raw: OpaquePointer) -> String {
        var text: UnsafeMutablePointer<CChar>?
        guard unsafe curl_url_get(raw, part, &text, UInt32(CURLU_DEFAULT_PORT)) == CURLUE_OK,
            let text = unsafe text
        else { return "" }
        defer { unsafe curl_free(text) }
        return unsafe String(cString: text)
    }
}
