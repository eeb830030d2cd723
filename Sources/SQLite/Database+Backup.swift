extension Database {
    /// Writes a copy of the database as it is now, while writes go on, on the calling thread.
    ///
    /// The copy is made under a temporary name, checked whole, and brought to the disk before it gets its
    /// name: what bears the name is a good backup. It is compact, in rollback journal mode, and readable by
    /// this user only; a row id that no column names may differ in it. A crash may leave the temporary file,
    /// `<path>.partial-…`, behind.
    ///
    /// - Throws: `FileError` with `EEXIST` if there is something at the path; `BackupDamaged`; `SQLiteError`.
    public func backup(to path: String) throws {
        try Self.backup(to: path) { copy in try readers.withInspector(copy) }
    }

    /// As the other one, of a database that another process may have open and go on writing to.
    ///
    /// It takes no lock that a writer needs and never checkpoints. The folder must be writable: a log that the last
    /// writer left behind is read through an index file beside it.
    public static func backup(ofFileAt source: String, to path: String) throws {
        try backup(to: path) { copy in try copy(Connection(path: source, mode: .inspector)) }
    }

    private static func backup(
        to path: String, _ withSource: ((Connection) throws -> Void) throws -> Void
    ) throws {
        let path = try FileSystem.resolvingFolder(of: path)
        try FileSystem.requireUnused(path)
        let partial = "\(path).partial-\(UInt64.random(in: .min ... .max))"
        try FileSystem.makePrivateFile(partial)
        defer { FileSystem.remove(partial) }
        // It holds a snapshot for as long as it takes: checkpoints get no further meanwhile, and the log
        // grows. The backup API would hold one too, and would begin again after each commit if it did not.
        try withSource { try $0.run("VACUUM INTO $1", partial) }
        let problems = try problems(inCopyAt: partial)
        guard problems.isEmpty else { throw BackupDamaged(problems: problems) }
        try FileSystem.synchronize(partial)
        try FileSystem.rename(partial, toUnused: path)
    }

    /// Checks a database file that no writer has open, such as a backup.
    /// - Returns: what is wrong with it; empty if all is well.
    public static func problems(inCopyAt path: String) throws -> [String] {
        let copy = try Connection(path: path, mode: .inspector)
        return try copy.integrityCheck() + copy.foreignKeyCheck()
    }
}
