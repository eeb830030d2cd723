import ArgumentParser
import HTTPClient

/// What every command takes: whom to call, as whom, and how to show the answer.
///
/// The token is no option, since others on the machine can read a command line.
struct GlobalOptions: ParsableArguments {
    @Option(help: "The control plane's address. Else CELL_REGISTRY_URL, else http://127.0.0.1:8080.")
    var url: String?

    @Option(help: ArgumentHelp("A file that holds the token. Else CELLCTL_TOKEN.", valueName: "file"))
    var tokenFile: String?

    @Option(name: .shortAndLong, help: "How to show the answer.")
    var output = OutputFormat.table

    @Option(help: "Why: kept in the audit with the change.")
    var reason: String?

    @Option(help: "How long one request may take, such as 10s.")
    var requestTimeout: GoDuration?

    @Option(
        help: ArgumentHelp("The authorities (PEM) to believe, in place of the system's.", valueName: "file"))
    var caFile: String?

    @Option(help: ArgumentHelp("A client certificate (PEM) with its chain.", valueName: "file"))
    var clientCert: String?

    @Option(help: ArgumentHelp("The certificate's key (PEM).", valueName: "file"))
    var clientKey: String?

    @Flag(
        help:
            "No colours. They are off also where NO_COLOR is set, TERM is dumb, or the output is no terminal."
    )
    var noColor = false

    func settings(_ environment: [String: String]) throws(CommandFailure) -> APIClient.Settings {
        var url = self.url ?? environment["CELL_REGISTRY_URL"] ?? "http://127.0.0.1:8080"
        while url.hasSuffix("/") { url.removeLast() }
        return APIClient.Settings(
            url: url, token: try token(environment), reason: reason, timeout: requestTimeout?.duration,
            tls: ClientConfiguration.TLS(
                authoritiesFile: caFile, certificateFile: clientCert, keyFile: clientKey))
    }

    private func token(_ environment: [String: String]) throws(CommandFailure) -> String? {
        guard let tokenFile else {
            return environment["CELLCTL_TOKEN"].flatMap { $0.isEmpty ? nil : $0 }
        }
        let text = String(decoding: try InputFile.bytes(at: tokenFile), as: UTF8.self)
        guard let token = text.split(whereSeparator: \.isWhitespace).first else {
            throw .usage("the token file \(tokenFile) is empty")
        }
        return String(token)
    }
}
