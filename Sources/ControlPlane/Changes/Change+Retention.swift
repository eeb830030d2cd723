import JSON
import Registry
import Store

extension Change {
    /// Has those backups deleted whose time is over and that nothing and nobody needs.
    ///
    /// - Parameter limit: how many go at once; the others go next time.
    /// - Returns: what goes and why, and what has expired and stays all the same.
    public func pruneBackups(limit: Int) throws -> Outcome {
        let now = transaction.now
        let retention = Retention(
            try transaction.retentionCandidates(), keepLast: try transaction.keepLast())
        let verdicts = retention.verdicts(at: now)
        // The oldest first, so that what is cut short goes on where it was.
        let going = verdicts.filter(\.goes).reversed()
        for verdict in going.prefix(limit) {
            guard let name = BackupName(verdict.backup), let backup = try transaction.backup(name) else {
                throw RegistryError(.internalError, "A backup that was to be deleted is not there.")
            }
            _ = try remove(backup)
        }
        return .progress([
            "deleted": .array(going.prefix(limit).map(\.document)),
            "remaining": .integer(Int64(max(0, going.count - limit))),
            "kept": .array(
                verdicts.filter { !$0.goes && $0.isExpired }.prefix(Limits.planItemsShownMax).map(\.document)),
        ])
    }
}

extension ReadTransaction {
    /// By line, how many good backups its schedule keeps.
    func keepLast() throws -> [String: Int] {
        let schedules = try backupSchedules().map(\.schedule)
        return Dictionary(uniqueKeysWithValues: schedules.map { ("schedule/\($0.name)", $0.keepLast) })
    }
}

extension Retention.Verdict {
    /// What keeps it is more than its time.
    fileprivate var isExpired: Bool {
        !reasons.contains {
            switch $0 {
            case .unexpired, .unlimited, .underWay, .deleting: true
            case .held, .read, .lastGood, .keptLast, .lastResort: false
            }
        }
    }

    fileprivate var document: JSONValue {
        [
            "backup": .string(backup), "line": .string(line), "code": .string(code), "why": .string(why),
            "reasons": .array(reasons.map { .string($0.code) }),
        ]
    }
}
