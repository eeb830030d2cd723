import JSON

extension Session {
    /// Sends an import, with a progress bar where standard error is a terminal, and shows what came of it.
    ///
    /// - Throws: `partial` where lines failed.
    func importing(
        _ upload: Upload, to path: String, _ query: [(String, String)], _ options: WriteOptions,
        _ waiting: WaitOptions
    ) throws(CommandFailure) {
        var bar: ProgressBar?
        if console.errorIsTerminal {
            let shown = ProgressBar(total: upload.length, surroundings)
            upload.onProgress = { shown.update(sent: $0) }
            bar = shown
        }
        let request = options.applied(to: APIRequest("POST", path, query: query, body: .upload(upload)))
        let answer: JSONValue
        do {
            defer { bar?.clear() }
            answer = try api.send(request).body
        }
        let result = options.dryRun ? answer["result"] ?? answer : answer
        if try !showDocument(answer) { showSummary(result, options) }
        if !options.dryRun { try wait(for: answer["revision"]?.integer, waiting) }
        let failed = result["failed"]?.integer ?? 0
        if failed > 0 {
            throw .incomplete("\(failed) of \(result["total"]?.integer ?? 0) lines failed", .partial)
        }
    }

    private func showSummary(_ result: JSONValue, _ options: WriteOptions) {
        let counts = ["created", "updated", "unchanged", "failed"].map { name in
            "\(result[name]?.integer ?? 0) \(name)"
        }
        let total = result["total"]?.integer ?? 0
        let made = result["revision"]?.integer.map { " (revision \($0))" } ?? ""
        let mode = options.dryRun ? "dry run, nothing was changed: " : ""
        console.print("\(mode)\(total) lines: \(counts.joined(separator: ", "))\(made)")
        let failures = result["failures"]?.array ?? []
        if !failures.isEmpty { showRows(failures, Self.failure) }
        let hidden = Int(result["failed"]?.integer ?? 0) - failures.count
        if hidden > 0 { console.print("… and \(hidden) more") }
    }

    private static let failure = Noun(
        "line", plural: "lines",
        columns: [
            Column("LINE", "line", .number), Column("ID", "id"), Column("CODE", "code"),
            Column("MESSAGE", "message"),
        ])
}
