import JSON

/// When backups of what are made, for how long they are kept, and what is promised of them.
public struct BackupSchedule: Sendable, Equatable {
    /// What becomes of a run that falls due while another of the schedule is under way.
    public enum Overlap: String, Sendable, CaseIterable {
        /// It is missed.
        case forbid
        /// The running one is failed, and it takes its place.
        case replace
        /// It waits, and at most one does: a later one takes the place of the one that waits.
        case queue
    }

    /// Who starts its runs.
    public enum Source: String, Sendable, CaseIterable {
        /// The control plane.
        case api
        /// Velero itself: what there is here is a copy, and nothing is started by it.
        case velero
    }

    public var name: BackupScheduleName
    public var expression: CronExpression
    public var zone: LocalZone
    public var scope: BackupScope
    public var ttl: Duration
    public var storageLocation: String
    public var executor: BackupExecutor
    public var source: Source
    public var isPaused: Bool
    public var overlap: Overlap
    /// A run that is older when it could be started is missed.
    public var startingDeadline: Duration
    /// A run that takes longer has failed.
    public var runTimeout: Duration
    /// So many of its newest good backups are kept, however old they are.
    public var keepLast: Int
    /// How old the newest good backup may be; nil: what the expression promises.
    public var rpo: Duration?
    /// How long a restore may take; nil: nothing is promised.
    public var rto: Duration?
    public var labels: [String: String]
    public var annotations: [String: String]

    public init(
        name: BackupScheduleName, expression: CronExpression, zone: LocalZone, scope: BackupScope,
        ttl: Duration = .seconds(720 * 3600), storageLocation: String = "default",
        executor: BackupExecutor = .external, source: Source = .api, isPaused: Bool = false,
        overlap: Overlap = .forbid, startingDeadline: Duration = .seconds(3600),
        runTimeout: Duration = .seconds(4 * 3600), keepLast: Int = 3, rpo: Duration? = nil,
        rto: Duration? = nil, labels: [String: String] = [:], annotations: [String: String] = [:]
    ) {
        self.name = name
        self.expression = expression
        self.zone = zone
        self.scope = scope
        self.ttl = ttl
        self.storageLocation = storageLocation
        self.executor = executor
        self.source = source
        self.isPaused = isPaused
        self.overlap = overlap
        self.startingDeadline = startingDeadline
        self.runTimeout = runTimeout
        self.keepLast = keepLast
        self.rpo = rpo
        self.rto = rto
        self.labels = labels
        self.annotations = annotations
    }

    /// What is promised: as it says, else the longest pause between two of its next 30 runs and the time that a run may
    /// take, so that no run that keeps its time breaks the promise.
    public func rpo(at now: Timestamp) -> Duration {
        rpo ?? expression.longestPause(after: now, in: zone) + runTimeout
    }
}

extension BackupSchedule {
    /// - Parameter name: the schedule that the path names.
    /// - Throws: `invalidArgument` with every field that is wrong.
    public init(document: JSONValue, name: BackupScheduleName) throws(RegistryError) {
        let reader = try DocumentReader(document)
        reader.ignore("status", "revision", "previousRevision", "createdAt", "updatedAt", "source")
        let rule = Names.subdomainRule(bytesMax: Limits.backupScheduleNameBytesMax)
        let named = reader.parsed("name", rule, BackupScheduleName.init)
        if let named, named != name {
            reader.report("name", "must be '\(name)', as in the path, or be left out")
        }
        let expression = reader.required("schedule", reader.cronExpression("schedule"))
        let zone = reader.parsed("timeZone", LocalZone.rule, LocalZone.init)
        let scope = reader.required("scope", BackupScope(from: reader, field: "scope"))
        let executor = BackupExecutor(from: reader, scope: scope)
        let ttl = reader.duration("ttl", in: Limits.backupTTLs)
        let location = reader.storageLocation()
        let isPaused = reader.bool("paused")
        let overlap: Overlap? = reader.choice("overlap")
        let startingDeadline = reader.duration("startingDeadline", in: Limits.backupTimes)
        let runTimeout = reader.duration("runTimeout", in: Limits.backupTimes)
        let keepLast = reader.integer("keepLast", in: 0...Limits.keepLastMax)
        let rpo = reader.optionalDuration("rpo")
        let rto = reader.optionalDuration("rto")
        let labels = reader.labels("labels")
        let annotations = reader.annotations("annotations")
        try reader.finish()
        guard let expression, let scope, let zone = zone ?? LocalZone("UTC") else {
            preconditionFailure("finish() throws where a required field is missing, and there is UTC")
        }
        self.init(
            name: name, expression: expression, zone: zone, scope: scope,
            ttl: ttl ?? .seconds(720 * 3600), storageLocation: location ?? "default", executor: executor,
            isPaused: isPaused ?? false, overlap: overlap ?? .forbid,
            startingDeadline: startingDeadline ?? .seconds(3600),
            runTimeout: runTimeout ?? .seconds(4 * 3600),
            keepLast: Int(keepLast ?? 3), rpo: rpo, rto: rto, labels: labels ?? [:],
            annotations: annotations ?? [:])
    }

    /// What is kept, and shown, of what was asked for.
    public var document: JSONValue {
        var object: JSONObject = [
            "name": .string(name.rawValue), "schedule": .string(expression.description),
            "timeZone": .string(zone.name), "scope": scope.document, "ttl": .string(ttl.goInWholeNumbers),
            "storageLocation": .string(storageLocation), "executor": .string(executor.rawValue),
            "source": .string(source.rawValue), "paused": .bool(isPaused),
            "overlap": .string(overlap.rawValue),
            "startingDeadline": .string(startingDeadline.goInWholeNumbers),
            "runTimeout": .string(runTimeout.goInWholeNumbers), "keepLast": .integer(Int64(keepLast)),
        ]
        if let rpo { object["rpo"] = .string(rpo.goInWholeNumbers) }
        if let rto { object["rto"] = .string(rto.goInWholeNumbers) }
        if !labels.isEmpty { object["labels"] = .object(JSONObject(strings: labels)) }
        if !annotations.isEmpty { object["annotations"] = .object(JSONObject(strings: annotations)) }
        return .object(object)
    }

    /// Reads back what `document` has written.
    public init(kept document: JSONValue, name: BackupScheduleName) throws(RegistryError) {
        try self.init(document: document, name: name)
        source = document["source"]?.string.flatMap(Source.init) ?? .api
    }
}

extension DocumentReader {
    func storageLocation() -> String? {
        let rule = Names.subdomainRule(bytesMax: Limits.storageLocationBytesMax)
        return parsed("storageLocation", rule) {
            Names.isSubdomain($0, bytesMax: Limits.storageLocationBytesMax) ? $0 : nil
        }
    }

    /// A promise, or null for none.
    fileprivate func optionalDuration(_ key: String) -> Duration? {
        let range = Limits.backupPromises
        return converted(
            key, "must be a duration like 26h, from \(range.lowerBound.go) to \(range.upperBound.go), or null"
        ) { value -> Duration?? in
            if value.isNull { return .some(nil) }
            return value.string.flatMap(Duration.init(go:)).flatMap {
                range.contains($0) ? .some($0) : nil
            }
        } ?? nil
    }
}
