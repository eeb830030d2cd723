import ArgumentParser

/// How much of a list to show.
struct LimitOption: ParsableArguments {
    @Option(help: "Show no more than this many.") var limit: Int?

    func validate() throws {
        if let limit, limit < 1 { throw ValidationError("--limit must be at least 1") }
    }
}
