import JSON
import Registry
import Store

/// What is imported.
public enum ImportKind: Sendable {
    case cells
    case tenants
}

/// A line of an import that has been read, or why it can't be.
public struct ImportLine: Sendable {
    public var number: Int
    public var document: Result<JSONValue, RegistryError>

    public init(number: Int, document: Result<JSONValue, RegistryError>) {
        self.number = number
        self.document = document
    }
}

/// A line as far as it can be understood without the registry, which for a tenant is most of the way: done before the
/// transaction, it takes none of the writer's time.
struct ImportItem: Sendable {
    enum Content: Sendable {
        case cell(JSONValue)
        case tenant(TenantSpec)
    }

    let number: Int
    /// What the line names itself, right or wrong.
    let id: String?
    let content: Result<Content, RegistryError>

    init(_ line: ImportLine, of kind: ImportKind) {
        number = line.number
        id = (try? line.document.get())?["id"]?.string
        content = Result { () throws(RegistryError) in
            let document = try line.document.get()
            return switch kind {
            case .cells: .cell(document)
            case .tenants: .tenant(try TenantSpec(document: document, id: nil))
            }
        }
    }
}

extension Change {
    /// Takes the lines one after the other; one that fails is reported and leaves nothing behind.
    func importItems(_ items: [ImportItem], into report: inout ImportReport) throws {
        for item in items {
            let result: ImportedLine
            do {
                switch try item.content.get() {
                case .cell(let document): result = try importCell(document)
                case .tenant(let spec): result = try importTenant(spec)
                }
            } catch let error as RegistryError where error.code != .internalError {
                result = .failed(error)
            }
            report.add(result, line: item.number, id: item.id)
        }
        report.revision = transaction.revision()
    }

    private func importLines(_ lines: [ImportLine], of kind: ImportKind, into report: inout ImportReport)
        throws
    {
        try importItems(lines.map { ImportItem($0, of: kind) }, into: &report)
    }

    /// Every line in this one transaction; those that fail are reported, the others kept.
    public func importWhole(_ lines: [ImportLine], of kind: ImportKind) throws -> Outcome {
        var report = ImportReport()
        try importLines(lines, of: kind, into: &report)
        return Outcome(
            created: false, shown: report.shown, revision: report.revision, previous: report.revision)
    }

    /// As `importWhole`, but the first line that fails undoes them all.
    public func importAtomically(_ lines: [ImportLine], of kind: ImportKind) throws -> Outcome {
        var report = ImportReport()
        for line in lines {
            try importLines([line], of: kind, into: &report)
            guard report.failed == 0 else { throw Self.lineFailed(line.number, report) }
        }
        return Outcome(
            created: false, shown: report.shown, revision: report.revision, previous: report.revision)
    }

    private static func lineFailed(_ number: Int, _ report: ImportReport) -> RegistryError {
        let failure = report.shown["failures"]?[0]
        let code = failure?["code"]?.string.flatMap(ErrorCode.init) ?? .invalidArgument
        return RegistryError(
            code, "Line \(number): \(failure?["message"]?.string ?? "it failed") Nothing was imported.",
            errors: [FieldError("line \(number)", failure?["message"]?.string ?? "failed")],
            nextSteps: [
                "mend the line and send the whole import again",
                "leave atomic out to keep the lines that are right",
            ])
    }
}

extension ControlPlane {
    /// Imports one batch of lines in a transaction of its own, and adds what became of them to the report.
    public func importBatch(
        _ lines: [ImportLine], of kind: ImportKind, into report: ImportReport, as context: ChangeContext
    ) async throws(RegistryError) -> ImportReport {
        let items = lines.map { ImportItem($0, of: kind) }
        return try await store.write(as: context, bulk: true) { transaction in
            try transaction.requireToken()
            var report = report
            try Change(transaction).importItems(items, into: &report)
            return report
        }
    }
}
