/// A backup's name, as Velero's are: an RFC 1123 subdomain, `daily-backup-20250101020000`.
///
/// 1 to 128 bytes of `a-z`, `0-9`, `-` and `.`, with a letter or digit at both ends of each part.
public struct BackupName: Hashable, Sendable, Comparable, CustomStringConvertible {
    public let rawValue: String

    public init?(_ rawValue: String) {
        guard Names.isSubdomain(rawValue, bytesMax: Limits.backupNameBytesMax) else { return nil }
        self.rawValue = rawValue
    }

    /// As Velero names a schedule's runs: `<schedule>-YYYYMMDDhhmmss`, in UTC.
    public init(of schedule: BackupScheduleName, at time: Timestamp) {
        rawValue = "\(schedule)-\(time.digits)"
    }

    /// For one that was given no name.
    public init(madeAt time: Timestamp) { rawValue = "backup-\(time.digits)" }

    public var description: String { rawValue }
    public static func < (a: BackupName, b: BackupName) -> Bool { a.rawValue < b.rawValue }
}

/// A backup schedule's name: as a backup's, and shorter by what its runs' names add.
public struct BackupScheduleName: Hashable, Sendable, Comparable, CustomStringConvertible {
    public let rawValue: String

    public init?(_ rawValue: String) {
        guard Names.isSubdomain(rawValue, bytesMax: Limits.backupScheduleNameBytesMax) else { return nil }
        self.rawValue = rawValue
    }

    public var description: String { rawValue }
    public static func < (a: BackupScheduleName, b: BackupScheduleName) -> Bool { a.rawValue < b.rawValue }
}

/// A restore's name: as a backup's.
public struct RestoreName: Hashable, Sendable, Comparable, CustomStringConvertible {
    public let rawValue: String

    public init?(_ rawValue: String) {
        guard Names.isSubdomain(rawValue, bytesMax: Limits.backupNameBytesMax) else { return nil }
        self.rawValue = rawValue
    }

    /// As Velero names the restores of a backup: `<backup>-YYYYMMDDhhmmss`. Where that is too long, without the backup's.
    public init(of backup: BackupName, at time: Timestamp) {
        let name = "\(backup)-\(time.digits)"
        rawValue = name.utf8.count <= Limits.backupNameBytesMax ? name : "restore-\(time.digits)"
    }

    public var description: String { rawValue }
    public static func < (a: RestoreName, b: RestoreName) -> Bool { a.rawValue < b.rawValue }
}

extension Timestamp {
    /// `20250101020000`
    fileprivate var digits: String { String(description.filter(\.isNumber).prefix(14)) }
}
