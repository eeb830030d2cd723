/// The two formats of `/metrics`, and how a client chooses between them.
public enum Exposition {
    public static func contentType(openMetrics: Bool) -> String {
        openMetrics
            ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
            : "text/plain; version=0.0.4; charset=utf-8"
    }

    /// True where the `Accept` field names OpenMetrics 1.0.0, or any version of it, no later than plain text
    /// (RFC 9110 §12.5.1). Wildcards mean plain text: that is what a person with curl wants to see.
    public static func prefersOpenMetrics(accept: String?) -> Bool {
        var openMetrics = 0.0
        var text = 0.0
        for range in (accept ?? "").split(separator: ",") {
            let parts = range.split(separator: ";").map(trimmed)
            let parameters = parts.dropFirst().map { $0.split(separator: "=", maxSplits: 1).map(trimmed) }
            func parameter(_ name: String) -> String? {
                parameters.first { $0.count == 2 && $0[0].lowercased() == name }?[1]
            }
            let quality = parameter("q").map { Double($0) ?? 0 } ?? 1
            switch parts.first?.lowercased() {
            case "application/openmetrics-text" where ["1.0.0", nil].contains(parameter("version")):
                openMetrics = max(openMetrics, quality)
            case "text/plain": text = max(text, quality)
            default: break
            }
        }
        return openMetrics > 0 && openMetrics >= text
    }

    private static func trimmed(_ text: Substring) -> String {
        String(text.drop { $0 == " " || $0 == "\t" }.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
    }
}
