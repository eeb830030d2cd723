/// What the URL of a webhook may look like.
enum WebhookURL {
    /// What is wrong with it, as a sentence that goes on from the field's name; nil for nothing.
    ///
    /// Stricter than any URL parser, so that no two of them can take it for different things: ASCII alone, a host
    /// that nothing hides, no user, no fragment, no backslash.
    static func flaw(in text: String) -> String? {
        guard (1...Limits.webhookURLBytesMax).contains(text.utf8.count) else {
            return "must be 1 to \(Limits.webhookURLBytesMax) bytes"
        }
        guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) && !#"\<>"^`{|}"#.utf8.contains($0) }) else {
            return
                "must be ASCII without spaces, quotes, braces and backslashes: encode them as %XX, and a host as xn--…"
        }
        guard let scheme = ["https://", "http://"].first(where: { text.lowercased().hasPrefix($0) }) else {
            return "must begin with https://"
        }
        let rest = text.dropFirst(scheme.count)
        guard !rest.contains("#") else { return "must not have a fragment" }
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        guard !authority.contains("@") else {
            return "must not hold a user or a password: each call is signed instead"
        }
        // Without a port, any will do to see whether the rest is an address.
        let hasPort = authority.last != "]" && authority.contains(":")
        guard Names.isAddress(hasPort ? String(authority) : "\(authority):1") else {
            return "must name a host, as in https://copier.example.com:8443/titan"
        }
        return nil
    }
}
