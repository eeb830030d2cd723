import JSON

/// A Schedule of Velero's, read.
public struct VeleroSchedule: Sendable, Equatable {
    public var metadata: VeleroMetadata
    public var expression: CronExpression
    /// As `CRON_TZ=` or `TZ=` before the expression says; else UTC, for Velero's images know no other clock.
    public var zone: LocalZone
    public var isPaused: Bool
    public var spec: VeleroSpec
    public var lastBackupAt: Timestamp?

    public static let phases = ["New", "Enabled", "FailedValidation"]

    /// Nil where something is missing or wrong, which the reader has reported.
    init?(from reader: DocumentReader) {
        let metadata = VeleroMetadata(from: reader)
        let read = reader.required(
            "spec",
            reader.nested("spec") { reader in
                (
                    timing: reader.required("schedule", Self.timing(reader)),
                    isPaused: reader.bool("paused") ?? false,
                    template: reader.required("template", reader.nested("template", VeleroSpec.init))
                )
            })
        let lastBackupAt = reader.nested("status") { reader in
            let phase = reader.string("phase") ?? ""
            if !phase.isEmpty, !Self.phases.contains(phase) {
                reader.report(
                    "phase", "is '\(phase)', and must be one of \(Self.phases.joined(separator: ", "))")
            }
            return reader.timestamp("lastBackup")
        }
        guard let metadata, let read, let (expression, zone) = read.timing, let spec = read.template else {
            return nil
        }
        self.metadata = metadata
        self.expression = expression
        self.zone = zone
        isPaused = read.isPaused
        self.spec = spec
        self.lastBackupAt = lastBackupAt ?? nil
    }

    private static func timing(_ reader: DocumentReader) -> (CronExpression, LocalZone)? {
        guard let text = reader.string("schedule") else { return nil }
        var (words, zone) = (Substring(text), LocalZone.utc)
        if let prefix = ["CRON_TZ=", "TZ="].first(where: text.hasPrefix) {
            words = words.dropFirst(prefix.count)
            let name = words.prefix { $0 != " " }
            guard let named = LocalZone(String(name)) else {
                reader.report("schedule", "names the time zone '\(name)', which \(LocalZone.rule)")
                return nil
            }
            (words, zone) = (words.dropFirst(name.count), named)
        }
        do {
            return (try CronExpression(String(words)), zone)
        } catch {
            reader.report("schedule", error.message)
            return nil
        }
    }
}
