import ArgumentParser

/// How a command shows its answer.
enum OutputFormat: String, CaseIterable, ExpressibleByArgument {
    /// Columns for people.
    case table
    /// The same with more columns.
    case wide
    /// The answer as the server gave it, unknown fields included.
    case json
    case yaml
    /// One id a line, for `xargs`.
    case name
}
