import ArgumentParser

/// What a command takes that may wait until every live gateway has a change.
struct WaitOptions: ParsableArguments {
    @Flag(help: "Wait until every live gateway has the change.")
    var wait = false

    @Option(help: "With --wait: how long at most (else 2m0s).")
    var timeout: GoDuration?

    /// How long to wait where it is not said.
    static let timeout = Duration.seconds(120)

    func validate() throws { try Self.validate(timeout, wait) }

    static func validate(_ timeout: GoDuration?, _ wait: Bool) throws {
        if timeout != nil, !wait { throw ValidationError("--timeout goes with --wait") }
    }
}
