import ArgumentParser
import JSON

/// What a backup is of, or what of one is restored.
struct ScopeOptions: ParsableArguments {
    @Flag(help: "Every namespace and every cell.") var everything = false
    @Flag(help: "The control plane's own database.") var registry = false
    @Option(help: "This namespace; repeat it.") var namespace: [String] = []
    @Option(help: "This cell; repeat it.") var cell: [String] = []
    @Option(help: ArgumentHelp("The cells with this label; repeat it.", valueName: "key=value"))
    var label: [String] = []
    @Option(help: "The cells of this zone; repeat it.") var zone: [String] = []

    func validate() throws {
        let kinds = [everything, registry, !namespace.isEmpty, isOfCells]
        if kinds.count(where: \.self) > 1 {
            throw ValidationError(
                "it is of everything, of the registry, of namespaces or of cells: name one of these")
        }
        if let wrong = label.first(where: { !$0.contains("=") }) {
            throw ValidationError("--label takes key=value, and '\(wrong)' has no '='")
        }
    }

    /// Nil where none of them is given.
    var document: JSONValue? {
        if everything { return ["everything": true] }
        if registry { return ["registry": true] }
        if !namespace.isEmpty { return ["namespaces": Self.list(namespace)] }
        guard isOfCells else { return nil }
        var selector = JSONObject()
        if !cell.isEmpty { selector["cells"] = Self.list(cell) }
        if !zone.isEmpty { selector["zones"] = Self.list(zone) }
        var labels = JSONObject()
        for pair in label {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            labels[String(parts[0])] = .string(String(parts[1]))
        }
        if !labels.isEmpty { selector["labels"] = .object(labels) }
        return ["cells": .object(selector)]
    }

    private var isOfCells: Bool { !cell.isEmpty || !label.isEmpty || !zone.isEmpty }

    private static func list(_ texts: [String]) -> JSONValue { .array(texts.map { .string($0) }) }

    /// A scope as a table shows it: `everything`, `titan-data`, `cells ring=one`.
    static func text(_ scope: JSONValue?) -> String {
        if scope?["everything"] == true { return "everything" }
        if scope?["registry"] == true { return "registry" }
        if let names = scope?["namespaces"]?.array {
            return names.compactMap(\.string).joined(separator: ",")
        }
        guard let selector = scope?["cells"] else { return "" }
        let labels = (selector["labels"]?.object ?? [:]).map { "\($0.key)=\($0.value.string ?? "")" }
        let names = ["cells", "zones"].flatMap { selector[$0]?.array?.compactMap(\.string) ?? [] }
        return "cells " + (names + labels).joined(separator: ",")
    }
}
