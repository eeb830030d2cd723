import CCurl

extension ClientError {
    /// What a code of libcurl means to a person.
    init(_ code: CURLcode, _ words: String, _ exchange: Exchange) {
        let origin = exchange.url.origin
        let words = words.isEmpty ? unsafe String(cString: curl_easy_strerror(code)) : words
        switch code {
        case CURLE_URL_MALFORMAT:
            self = .badURL("The URL can't be called: \(words).")
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY:
            self = .couldNotResolve("There is no address for \(origin); check the name and DNS. (\(words))")
        case CURLE_COULDNT_CONNECT:
            if let refused = exchange.refused {
                self = .refusedDestination(
                    "\(origin) is at \(refused), where calls are not allowed; allow it in the configuration if it is meant."
                )
            } else {
                self = .couldNotConnect(
                    "Nothing answers at \(origin); check the address and that it runs. (\(words))")
            }
        case CURLE_OPERATION_TIMEDOUT:
            self = .timedOut("\(origin) took too long; try again, or allow more time. (\(words))")
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
            CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CRL_BADFILE, CURLE_SSL_ISSUER_ERROR,
            CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_CLIENTCERT, CURLE_SSL_PINNEDPUBKEYNOTMATCH:
            self = .insecure(origin, words)
        case CURLE_FILESIZE_EXCEEDED:
            self = .tooLarge("The answer from \(origin) is too large. (\(words))")
        // What libcurl calls a field that is longer than the 100 KB it has for one.
        case CURLE_OUT_OF_MEMORY:
            self = .tooLarge(
                "A header field of the answer from \(origin) is too large, or there is too little memory.")
        // In TLS 1.3 a server refuses our certificate only after the handshake, as an alert in place of the answer.
        case CURLE_RECV_ERROR where words.contains("SSL routines"): self = .insecure(origin, words)
        case CURLE_GOT_NOTHING, CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_PARTIAL_FILE,
            CURLE_SEND_FAIL_REWIND:
            self = .closed("\(origin) ended the connection before its answer was whole. (\(words))")
        default:
            self = .other("The call to \(origin) failed: \(words).")
        }
    }

    private static func insecure(_ origin: String, _ words: String) -> ClientError {
        .tls("No secure connection to \(origin); check its certificate and yours. (\(words))")
    }
}
