import ControlPlane
import HTTP
import JSON
import Registry

extension Endpoints {
    func importTenants(_ call: Call, _ request: Request, _ body: any BodyReader) async throws -> Response {
        try await importLines(of: .tenants, call, request, body)
    }

    func importCells(_ call: Call, _ request: Request, _ body: any BodyReader) async throws -> Response {
        let sets = StatefulSets(
            zones: try call.zones(), capacity: try call.integer("capacity", in: 0...Limits.unitsMax) ?? 0,
            active: try call.flag("activate") ?? false)
        guard MediaType(parsing: request.fields[.contentType] ?? "")?.essence == MediaType.json.essence else {
            for name in ["zones", "capacity", "activate"] where call.query[name] != nil {
                throw call.invalid(
                    name,
                    "'\(name)' is for what kubectl writes (Content-Type: application/json): a line of NDJSON is a whole cell, and says it itself."
                )
            }
            return try await importLines(of: .cells, call, request, body)
        }
        var keyed = request
        keyed.body = try await whole(body)
        return try await importWhole(
            .cells, try sets.lines(of: try JSONValue(parsing: keyed.body)), call, keyed)
    }

    /// Line by line in bounded memory, a transaction for each batch; or, where the request asks for anything that
    /// must be decided over all lines, whole in one transaction.
    private func importLines(
        of kind: ImportKind, _ call: Call, _ request: Request, _ body: any BodyReader
    ) async throws -> Response {
        if let field = request.fields[.contentType],
            ![MediaType.ndjson.essence, "text/x-ndjson"].contains(MediaType(parsing: field)?.essence)
        {
            throw RegistryError(
                .unsupportedMediaType, "The body is '\(field)', and an import takes application/x-ndjson.",
                nextSteps: ["send Content-Type: application/x-ndjson, a JSON object a line"])
        }
        let change = try changeRequest(call, request)
        let isAtomic = try call.flag("atomic") ?? false
        var splitter = JSONLines(lineBytesMax: Limits.importLineBytesMax)
        if change.dryRun || change.plan != nil || change.idempotencyKey != nil || isAtomic {
            var lines: [ImportLine] = []
            let bytes = try await whole(body)
            try splitter.append(bytes) { lines.append(Self.line($0, $1)) }
            try splitter.finish { lines.append(Self.line($0, $1)) }
            var keyed = request
            keyed.body = bytes
            return try await importWhole(kind, lines, call, keyed)
        }

        var report = ImportReport()
        var reader = BatchReader(body: body, splitter: splitter)
        var batch = await reader.next()
        while true {
            // The lines that follow are read while the writer takes these.
            let (lines, reported) = (batch.lines, report)
            async let imported = importBatch(lines, of: kind, into: reported, as: change.context)
            let following = batch.end == nil ? await reader.next() : nil
            report = try await imported
            guard let following else { break }
            batch = following
        }
        if case .failed(let error) = batch.end {
            if let error = error as? JSONError { throw Self.lineTooLong(error, after: report) }
            throw error
        }
        return json(.object(report.shown))
    }

    /// Cuts a body into batches of lines that share a transaction.
    private struct BatchReader {
        let body: any BodyReader
        var splitter: JSONLines
        /// Enough to spread a commit thin, few enough that other writers get their turn.
        let linesMax = 2000
        let bytesMax = 1 << 20

        struct Batch: Sendable {
            var lines: [ImportLine] = []
            /// Nil where more may follow.
            var end: End?
        }

        enum End: Sendable {
            case finished
            /// The lines before it are good.
            case failed(any Error)
        }

        mutating func next() async -> Batch {
            var batch = Batch()
            var bytes = 0
            do {
                while let chunk = try await body.next() {
                    try splitter.append(chunk) { batch.lines.append(Endpoints.line($0, $1)) }
                    bytes += chunk.count
                    if batch.lines.count >= linesMax || bytes >= bytesMax { return batch }
                }
                try splitter.finish { batch.lines.append(Endpoints.line($0, $1)) }
                batch.end = .finished
            } catch {
                batch.end = .failed(error)
            }
            return batch
        }
    }

    private func importWhole(
        _ kind: ImportKind, _ lines: [ImportLine], _ call: Call, _ request: Request
    ) async throws -> Response {
        let isAtomic = try call.flag("atomic") ?? false
        return try await write(call, request, isTagged: false, bulk: true) { change in
            var outcome =
                isAtomic
                ? try Self.importAtomically(lines, of: kind, change) : try change.importWhole(lines, of: kind)
            // A report is of no resource that was something before.
            outcome.shown["previousRevision"] = nil
            return outcome
        }
    }

    private static func importAtomically(
        _ lines: [ImportLine], of kind: ImportKind, _ change: Change
    ) throws -> Outcome {
        do {
            return try change.importAtomically(lines, of: kind)
        } catch var error as RegistryError where Problem.status(of: error.code) == .badRequest {
            // The request is as it must be; a line of it is not.
            error.code = .stateConflict
            throw error
        }
    }

    /// One batch more. Those before it are durable, so that an error says what became of them.
    private func importBatch(
        _ batch: [ImportLine], of kind: ImportKind, into report: ImportReport, as context: ChangeContext
    ) async throws(RegistryError) -> ImportReport {
        do {
            return try await controlPlane.importBatch(batch, of: kind, into: report, as: context)
        } catch {
            guard let line = batch.first?.number, report.total > 0 else { throw error }
            var told = error
            told.detail += " " + Self.kept(report)
            told.nextSteps.append(
                "then send the import again from line \(line) on, or whole: what is there stays as it is")
            throw told
        }
    }

    private static func kept(_ report: ImportReport) -> String {
        "The lines before were imported: \(report.created) created, \(report.updated) updated, "
            + "\(report.unchanged) unchanged, \(report.failed) failed."
    }

    /// Where the next line begins is not known then: what came before it is kept, and the answer says so.
    private static func lineTooLong(_ error: JSONError, after report: ImportReport) -> RegistryError {
        RegistryError(
            .contentTooLarge, "\(error.message) \(kept(report))",
            errors: [FieldError("line \(error.line)", "is longer than \(Limits.importLineBytesMax) bytes")],
            nextSteps: ["send the import again from line \(error.line) on, without that line"])
    }

    private func whole(_ body: any BodyReader) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        while let chunk = try await body.next() {
            bytes += chunk
            guard bytes.count <= Limits.atomicImportBytesMax else {
                throw RegistryError(
                    .contentTooLarge,
                    "An import in one transaction has at most \(Limits.atomicImportBytesMax) bytes.",
                    nextSteps: [
                        "leave out atomic, dryRun, If-Plan-Match and Idempotency-Key", "or send it in parts",
                    ])
            }
        }
        return bytes
    }

    private static func line(_ bytes: UnsafeRawBufferPointer, _ number: Int) -> ImportLine {
        do {
            return ImportLine(number: number, document: .success(try JSONValue(parsing: bytes)))
        } catch {
            return ImportLine(number: number, document: .failure(malformed(error)))
        }
    }
}
