import ArgumentParser
import JSON
import Registry

/// What a rollout is asked for: a document, and options that go before what it says.
struct RolloutOptions: ParsableArguments {
    @Argument(help: "The release; else the document names it.") var release: String?
    @Option(
        name: [.short, .customLong("file")],
        help: "The rollout as POST /v1/rollouts takes it, YAML or JSON; - is standard input.")
    var file: String?
    @Option(help: "Only cells of this zone; repeat it.") var zone: [String] = []
    @Option(help: "Only these cells; repeat it.") var cell: [String] = []
    @Option(help: ArgumentHelp("Only cells with this label; repeat it.", valueName: "key=value"))
    var label: [String] = []
    @Option(help: "A cell of the first wave; repeat it.") var canary: [String] = []
    @Option(help: "The total at a wave's end, 10% or a number; repeat it.") var wave: [String] = []
    @Flag(help: "No wave changes cells of two zones.") var zoneAtATime = false
    @Option(help: "Cells that are changed at the same time.") var maxParallel: Int?
    @Option(help: "Cells of a zone that may be unavailable by it, 10% or a number.")
    var maxUnavailablePerZone: String?
    @Option(help: "How long a cell must stay healthy.") var bakeTime: GoDuration?
    @Option(help: "Cells that may fail, 2% or a number.") var failureBudget: String?
    @Option(help: "For one attempt at a cell.") var progressDeadline: GoDuration?
    @Option(help: "What a cell that can't be reached means: skip, wait, fail.") var unreachable: String?
    @Option(help: "Number of a wave that waits for approval; repeat it.") var approveWave: [Int] = []
    @Option(help: "What a failure leads to: rollback or pause.") var onFailure: String?
    @Option(help: "Who carries it out: external or kubernetes.") var executor: String?

    func validate() throws {
        if release == nil, file == nil { throw ValidationError("name a release, or give a document with -f") }
        if let wrong = label.first(where: { !$0.contains("=") }) {
            throw ValidationError("--label takes key=value, and '\(wrong)' has no '='")
        }
    }

    func body() throws(CommandFailure) -> JSONValue {
        var body = try file.map(Documents.one) ?? [:]
        var patch = JSONObject()
        if let release { patch["release"] = .string(release) }
        if let onFailure { patch["onFailure"] = .string(onFailure) }
        if let executor { patch["executor"] = .string(executor) }
        if !selector.isEmpty { patch["selector"] = .object(selector) }
        if !strategy.isEmpty { patch["strategy"] = .object(strategy) }
        body = body.applyingMergePatch(.object(patch))
        return body
    }

    private var selector: JSONObject {
        var selector = JSONObject()
        if !zone.isEmpty { selector["zones"] = Self.list(zone) }
        if !cell.isEmpty { selector["cells"] = Self.list(cell) }
        var labels = JSONObject()
        for pair in label {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            labels[String(parts[0])] = .string(String(parts[1]))
        }
        if !labels.isEmpty { selector["labels"] = .object(labels) }
        return selector
    }

    private var strategy: JSONObject {
        var strategy = JSONObject()
        if !canary.isEmpty { strategy["canary"] = Self.list(canary) }
        if !wave.isEmpty { strategy["waves"] = .array(wave.map(Self.share)) }
        if zoneAtATime { strategy["zoneAtATime"] = true }
        if let maxParallel { strategy["maxParallel"] = .integer(Int64(maxParallel)) }
        if let maxUnavailablePerZone { strategy["maxUnavailablePerZone"] = Self.share(maxUnavailablePerZone) }
        if let bakeTime { strategy["bakeTime"] = .string(bakeTime.duration.go) }
        if let failureBudget { strategy["failureBudget"] = Self.share(failureBudget) }
        if let progressDeadline { strategy["progressDeadline"] = .string(progressDeadline.duration.go) }
        if let unreachable { strategy["unreachable"] = .string(unreachable) }
        if !approveWave.isEmpty {
            strategy["approval"] = ["waves": .array(approveWave.map { .integer(Int64($0)) })]
        }
        return strategy
    }

    private static func list(_ names: [String]) -> JSONValue { .array(names.map { .string($0) }) }

    /// A number of cells, or a share of them; what is neither is the server's to refuse.
    private static func share(_ text: String) -> JSONValue {
        Int64(text).map { .integer($0) } ?? .string(text)
    }
}
