/// Colours for a terminal, or none: then each text comes back as it is.
struct Paint {
    let enabled: Bool

    func bad(_ text: String) -> String { sgr("31", text) }
    func good(_ text: String) -> String { sgr("32", text) }
    func changed(_ text: String) -> String { sgr("33", text) }
    func heading(_ text: String) -> String { sgr("1", text) }
    func faint(_ text: String) -> String { sgr("2", text) }

    private func sgr(_ code: String, _ text: String) -> String {
        enabled ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }
}
