import ArgumentParser
import Registry

/// A time on the command line as everywhere in the API: `30s`, `5m`, `720h0m0s`.
struct GoDuration: ExpressibleByArgument {
    let duration: Duration

    init(_ duration: Duration) { self.duration = duration }

    init?(argument: String) {
        guard let duration = Duration(go: argument) else { return nil }
        self.duration = duration
    }

    var defaultValueDescription: String { duration.go }
}
