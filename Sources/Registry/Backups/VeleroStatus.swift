import JSON

/// What the status of a Backup and that of a Restore have in common.
struct VeleroStatus {
    /// Nil where it is none of those there are, which has been reported.
    var phase: String?
    var startedAt: Timestamp?
    var completedAt: Timestamp?
    var expiresAt: Timestamp?
    var itemsTotal: Int64 = 0
    var itemsDone: Int64 = 0
    var warnings: Int64 = 0
    var errors: Int64 = 0
    var message = ""

    /// - Parameter progress: how the progress calls what is done.
    init(from reader: DocumentReader, phases: [String], progress: String) {
        let read = reader.nested("status") { reader in
            var status = Self()
            let given = reader.string("phase") ?? ""
            // What Velero has not looked at yet has none.
            let phase = given.isEmpty ? "New" : given
            if phases.contains(phase) {
                status.phase = phase
            } else {
                reader.report("phase", "is '\(given)', and must be one of \(phases.joined(separator: ", "))")
            }
            status.startedAt = reader.timestamp("startTimestamp")
            status.completedAt = reader.timestamp("completionTimestamp")
            status.expiresAt = reader.timestamp("expiration")
            let counts = Int64(0)...Int64(Int32.max)
            status.warnings = reader.integer("warnings", in: counts) ?? 0
            status.errors = reader.integer("errors", in: counts) ?? 0
            _ = reader.nested("progress") { reader in
                status.itemsTotal = reader.integer("totalItems", in: counts) ?? 0
                status.itemsDone = reader.integer(progress, in: counts) ?? 0
            }
            let reasons = [reader.string("failureReason", bytesMax: .max)].compactMap(\.self)
            let findings = reader.entries("validationErrors", countMax: .max, "must be a string", \.string)
            status.message = Self.printable((reasons + (findings ?? [])).joined(separator: "; "))
            return status
        }
        self = read ?? Self()
        if !reader.has("status") { phase = "New" }
    }

    private init() {}

    /// In these phases it must be known when it began and ended.
    func requireTimes(_ reader: DocumentReader, in phases: [String]) {
        guard let phase, phases.contains(phase) else { return }
        let rule = "is required of one that is \(phase)"
        if startedAt == nil { reader.report("status.startTimestamp", rule) }
        if completedAt == nil { reader.report("status.completionTimestamp", rule) }
        if let startedAt, let completedAt, completedAt < startedAt {
            reader.report("status.completionTimestamp", "must not be before the start")
        }
    }

    /// Cut to what a message may hold, without what would break a line.
    private static func printable(_ text: String) -> String {
        var result = ""
        for character in text {
            let shown = Names.isPrintable(String(character)) ? character : " "
            guard result.utf8.count + shown.utf8.count <= Limits.reportMessageBytesMax else { break }
            result.append(shown)
        }
        return result
    }
}
