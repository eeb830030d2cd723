import ArgumentParser

/// What a command takes that may wait until every live gateway has a change.
struct WaitOptions: ParsableArguments {
    @Flag(help: "Wait until every live gateway has the change.")
    var wait = false

    @Option(help: "How long to wait at most.")
    var timeout = GoDuration(.seconds(120))
}
