import Glibc
import Registry

/// What a command takes from outside of its arguments: environment, terminal, clocks. Passed in, so that tests decide.
struct Surroundings {
    var environment: [String: String]
    var console: Console
    /// The wall clock to the second, for ages.
    var now: () -> Timestamp
    /// A clock that only goes forward, for time limits and rates.
    var uptime: () -> Duration
    /// For up to an hour.
    var sleep: (Duration) -> Void
    /// Takes the lines that Ctrl-C is to leave behind from now on.
    var onInterrupt: ([String]) -> Void

    static var standard: Surroundings {
        let start = ContinuousClock.now
        return Surroundings(
            environment: standardEnvironment(), console: .standard,
            now: { Timestamp(rawValue: Int64(time(nil)) * 1000) },
            uptime: { ContinuousClock.now - start },
            sleep: { usleep(UInt32(clamping: $0.milliseconds * 1000)) },
            onInterrupt: Interruption.tell)
    }

    /// The variables that the command knows.
    private static func standardEnvironment() -> [String: String] {
        var found: [String: String] = [:]
        for name in ["CELL_REGISTRY_URL", "CELLCTL_TOKEN", "NO_COLOR", "TERM"] {
            if let value = getenv(name) { found[name] = String(cString: value) }
        }
        return found
    }
}
