import ArgumentParser
import JSON
import Registry

/// How tenants are moved: what every command takes that starts a tenant migration. The server decides what is left out.
struct MoveOptions: ParsableArguments {
    enum Stragglers: String, CaseIterable, ExpressibleByArgument {
        case abort, wait, force
    }

    @Option(help: "Tenants a batch: they are frozen together.") var batchSize: Int?

    @Option(
        help: ArgumentHelp(
            "Batches in flight at once: in all, from one cell, to one cell; or a number for all.",
            valueName: "total=32,perSource=4,perTarget=16"))
    var maxParallel: MaxParallel?

    @Option(help: "How long tenants may be frozen, such as 10s; then they unfreeze by themselves.")
    var freezeDeadline: GoDuration?

    @Option(help: "When all of it must be done, such as 1h from now.") var deadline: GoDuration?

    @Option(
        help: "What to do where a gateway does not answer: abort the batch, wait, or force (give a --reason)."
    )
    var onStragglers: Stragglers?

    @Option(help: "How long a move can be reversed, such as 1h; 0s for never.") var reverseWindow: GoDuration?

    @Option(help: ArgumentHelp("What copies the data: none, or a webhook's address.", valueName: "none|url"))
    var mover: String?

    @Option(
        help: ArgumentHelp("Safety rules to go against: activeZonesMin,changeCalendar.", valueName: "rules"))
    var override: String?

    @Option(help: ArgumentHelp("Why they may be gone against: audited.", valueName: "reason"))
    var overrideReason: String?

    func validate() throws {
        if let batchSize, batchSize < 1 { throw ValidationError("--batch-size must be at least 1") }
        if (override == nil) != (overrideReason == nil) {
            throw ValidationError("--override and --override-reason come together")
        }
        if override != nil, rules.isEmpty { throw ValidationError("--override names no rule") }
        if let mover, mover != "none", !mover.hasPrefix("https://"), !mover.hasPrefix("http://") {
            throw ValidationError("--mover is 'none' or an address such as https://copier.example")
        }
    }

    /// The request's body: these options beside what the command itself says.
    func body(_ more: JSONObject = [:]) -> JSONValue {
        var body = more
        if let batchSize { body["batchSize"] = .integer(Int64(batchSize)) }
        if let maxParallel { body["maxParallel"] = maxParallel.document }
        if let freezeDeadline { body["freezeDeadline"] = .string(freezeDeadline.duration.go) }
        if let deadline { body["deadline"] = .string(deadline.duration.go) }
        if let onStragglers { body["onStragglers"] = .string(onStragglers.rawValue) }
        if let reverseWindow { body["reverseWindow"] = .string(reverseWindow.duration.go) }
        if let mover {
            body["mover"] = mover == "none" ? ["type": "none"] : ["type": "webhook", "url": .string(mover)]
        }
        if let overrideReason {
            body["override"] = [
                "rules": .array(rules.map { .string($0) }), "reason": .string(overrideReason),
            ]
        }
        return .object(body)
    }

    private var rules: [String] { (override ?? "").split(separator: ",").map(String.init) }
}

/// `total=32,perSource=4,perTarget=16`, each optional; a number alone is the total.
struct MaxParallel: ExpressibleByArgument, Equatable {
    private static let names = ["total", "perSource", "perTarget"]
    private(set) var limits: [String: Int] = [:]

    init?(argument: String) {
        let parts =
            Int(argument) != nil ? ["total=\(argument)"] : argument.split(separator: ",").map(String.init)
        for part in parts {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(
                String.init)
            guard pair.count == 2, Self.names.contains(pair[0]), limits[pair[0]] == nil,
                let limit = Int(pair[1]),
                limit > 0
            else { return nil }
            limits[pair[0]] = limit
        }
        if limits.isEmpty { return nil }
    }

    var document: JSONValue {
        .object(
            JSONObject(
                uniqueMembers: Self.names.compactMap { name in
                    limits[name].map { (name, .integer(Int64($0))) }
                }))
    }
}
