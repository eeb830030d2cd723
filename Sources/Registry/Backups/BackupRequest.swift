import JSON

/// What `POST /v1/backups` takes: a backup that is to be made, or one that a script has made already.
public struct BackupRequest: Sendable, Equatable {
    /// Nil: made of the time.
    public var name: BackupName?
    public var scope: BackupScope
    public var ttl: Duration
    public var executor: BackupExecutor
    public var storageLocation: String
    public var runTimeout: Duration
    public var labels: [String: String]
    /// How it has ended; nil for one that is to be made.
    public var finished: Finished?

    /// Of a backup that is recorded after the fact.
    public struct Finished: Sendable, Equatable {
        public var phase: BackupPhase
        public var startedAt: Timestamp
        public var completedAt: Timestamp
        public var said: BackupResult.Said
    }

    /// - Throws: `invalidArgument` with every field that is wrong.
    public init(document: JSONValue, now: Timestamp) throws(RegistryError) {
        let reader = try DocumentReader(document)
        _ = reader.string("reason", bytesMax: Limits.reasonBytesMax)
        name = reader.parsed(
            "name", Names.subdomainRule(bytesMax: Limits.backupNameBytesMax), BackupName.init)
        let scope = reader.required("scope", BackupScope(from: reader, field: "scope"))
        executor = BackupExecutor(from: reader, scope: scope)
        ttl = reader.duration("ttl", in: Limits.backupTTLs) ?? .seconds(720 * 3600)
        storageLocation = reader.storageLocation() ?? "default"
        runTimeout = reader.duration("runTimeout", in: Limits.backupTimes) ?? .seconds(4 * 3600)
        labels = reader.labels("labels") ?? [:]
        finished = Self.finished(from: reader, now: now)
        try reader.finish()
        guard let scope else { preconditionFailure("finish() throws where a required field is missing") }
        self.scope = scope
    }

    private static let phases: [BackupPhase] = [.completed, .partiallyFailed, .failed]

    private static func finished(from reader: DocumentReader, now: Timestamp) -> Finished? {
        let names = phases.map(\.rawValue).joined(separator: ", ")
        let phase = reader.parsed(
            "phase", "must be how it has ended, one of \(names), or be left out for one that is to be made"
        ) { BackupPhase(rawValue: $0).flatMap { phases.contains($0) ? $0 : nil } }
        let started = reader.timestamp("startedAt")
        let completed = reader.timestamp("completedAt")
        let said = BackupResult.Said(from: reader)
        guard let phase else {
            let ofFinished = [
                "startedAt", "completedAt", "sizeBytes", "items", "warnings", "errors", "location",
                "checksum",
                "message",
            ]
            if !reader.has("phase") {
                for field in ofFinished where reader.has(field) {
                    reader.report(field, "is of a backup that has ended: give its 'phase' too")
                }
            }
            return nil
        }
        let end = completed ?? now
        return Finished(phase: phase, startedAt: started ?? end, completedAt: end, said: said)
    }
}

extension BackupRequest.Finished {
    /// - Throws: `stateConflict` where it has ended before it began, or has yet to.
    public func check(at now: Timestamp) throws(RegistryError) {
        let latest = now.advanced(byMilliseconds: Limits.reportSkewMax.milliseconds)
        guard startedAt > completedAt || completedAt > latest else { return }
        let why =
            completedAt > latest
            ? FieldError("completedAt", "is \(completedAt), and it is \(now)")
            : FieldError("startedAt", "is \(startedAt), after its end at \(completedAt)")
        throw RegistryError(
            .stateConflict, "The backup can't have been so: its '\(why.field)' \(why.message).",
            errors: [why],
            nextSteps: ["correct the times, or leave them out for now"])
    }
}

extension Backup {
    /// - Parameter covers: the scope, resolved now.
    public init(_ request: BackupRequest, covers: BackupCover, at now: Timestamp) {
        self.init(
            name: request.name ?? BackupName(madeAt: now), scope: request.scope, covers: covers,
            storageLocation: request.storageLocation, executor: request.executor, ttl: request.ttl,
            runTimeout: request.runTimeout, labels: request.labels, createdAt: now)
        guard let finished = request.finished else { return }
        phase = finished.phase
        startedAt = finished.startedAt
        completedAt = finished.completedAt
        expiresAt = finished.startedAt.advanced(byMilliseconds: ttl.milliseconds)
        failure = phase == .failed ? .reported : nil
        result.take(finished.said)
    }
}

/// What `PATCH /v1/backups/{backup}` takes: what a person may change of a backup, whatever has become of it.
public struct BackupPatch: Sendable, Equatable {
    public var labels: [String: String?]
    public var ttl: Duration?
    public var expiresAt: Timestamp?

    /// - Throws: `invalidArgument` with every field that is wrong.
    public init(document: JSONValue) throws(RegistryError) {
        let reader = try DocumentReader(document)
        _ = reader.string("reason", bytesMax: Limits.reasonBytesMax)
        let labels = reader.map(
            "labels", countMax: Limits.labelsMax, keyRule: Names.labelKeyRule, isKey: Names.isLabelKey,
            valueRule:
                "must be a string of at most \(Limits.labelValueBytesMax) bytes without control characters, or null"
        ) { value -> String?? in
            if value.isNull { return .some(nil) }
            return value.string.flatMap {
                $0.utf8.count <= Limits.labelValueBytesMax && Names.isPrintable($0) ? .some($0) : nil
            }
        }
        let ttl = reader.duration("ttl", in: Limits.backupTTLs)
        let expiresAt = reader.timestamp("expiresAt")
        if reader.has("ttl"), reader.has("expiresAt") {
            reader.report("expiresAt", "can't stand beside 'ttl', which says the same")
        }
        try reader.finish()
        self.labels = labels ?? [:]
        self.ttl = ttl
        self.expiresAt = expiresAt
    }
}

extension Backup {
    /// - Throws: `invalidArgument` where it would have too many labels.
    public mutating func apply(_ patch: BackupPatch) throws(RegistryError) {
        for (key, value) in patch.labels { labels[key] = value }
        guard labels.count <= Limits.labelsMax else {
            throw RegistryError(
                .invalidArgument, "A backup has at most \(Limits.labelsMax) labels.",
                errors: [FieldError("labels", "must leave at most \(Limits.labelsMax)")])
        }
        let start = startedAt ?? createdAt
        if let ttl = patch.ttl {
            self.ttl = ttl
            expiresAt = start.advanced(byMilliseconds: ttl.milliseconds)
        }
        if let expiresAt = patch.expiresAt {
            self.expiresAt = expiresAt
            ttl = .milliseconds(max(0, expiresAt.rawValue - start.rawValue))
        }
    }
}
