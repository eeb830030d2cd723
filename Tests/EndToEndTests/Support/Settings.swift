import Foundation

/// How heavy the tests are. The defaults are for every change, on a debug build; `make torture` has larger ones.
enum Settings {
    /// How often the server is killed under load.
    static let kills = number("TITAN_KILLS", 20)
    /// How many backups are made under load, each restored and compared.
    static let backups = number("TITAN_BACKUPS", 3)
    /// Acknowledged writes in a second of load; below it a run says nothing.
    static let writesPerSecondMin = number("TITAN_WRITES_PER_SECOND_MIN", 50)
    /// How often the disk is filled and freed.
    static let fills = number("TITAN_FILLS", 3)
    /// At how many instants a system call of the disk fails.
    static let diskErrors = number("TITAN_DISK_ERRORS", 6)
    /// Hostile connections at once.
    static let attackers = number("TITAN_ATTACKERS", 3_000)
    static let gateways = number("TITAN_GATEWAYS", 500)
    static let cells = number("TITAN_CELLS", 500)
    static let tenants = number("TITAN_TENANTS", 5_000)
    /// A gzip file with a host a line: one tenant each, in place of `tenants` generated ones.
    static let hostsFile = text("TITAN_HOSTS")
    /// The folder of `control-plane` and `cellctl`, in place of that of this test's own executable.
    static let binaries = text("TITAN_BINARIES")
    /// Of every random choice; printed, so that a run can be had again.
    static let seed = number("TITAN_SEED", Int.random(in: 1...Int.max))

    private static func text(_ name: String) -> String? {
        ProcessInfo.processInfo.environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    private static func number(_ name: String, _ otherwise: Int) -> Int {
        guard let text = text(name) else { return otherwise }
        guard let number = Int(text), number > 0 else { fatalError("\(name) must be a number above 0") }
        return number
    }
}

/// SplitMix64: the same choices for the same seed.
struct Seeded: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: Int, _ stream: Int = 0) { state = UInt64(bitPattern: Int64(seed)) &+ UInt64(stream) << 32 }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
