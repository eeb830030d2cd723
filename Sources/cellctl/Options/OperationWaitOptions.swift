import ArgumentParser

/// What a command takes that starts long work: whether to watch it to its end.
struct OperationWaitOptions: ParsableArguments {
    @Flag(help: "Watch the work until it has ended, and end as it does. Ctrl-C leaves it running.")
    var wait = false

    @Option(help: "With --wait: watch no longer than this; the work goes on.")
    var timeout: GoDuration?

    func validate() throws { try WaitOptions.validate(timeout, wait) }
}
