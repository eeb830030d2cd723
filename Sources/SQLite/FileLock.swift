import Glibc

/// The right to write a database, held until it is let go or the process ends.
///
/// It is an `flock` on a file of its own beside the database. Opening and closing the database file itself
/// would drop the locks that SQLite holds on it (sqlite.org/howtocorrupt.html, section 2.2). `flock` belongs
/// to the open file, not to the process, so it also keeps out a second `Database` in this process.
struct FileLock: ~Copyable {
    private let descriptor: Int32

    /// The file is made if it is missing and never removed: who removes it lets two in.
    /// - Throws: `DatabaseInUse`, `FileError`.
    init(path: String) throws {
        descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw FileError(operation: "open", path: path, errno: errno) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            close(descriptor)
            if code == EWOULDBLOCK { throw DatabaseInUse(lockPath: path) }
            throw FileError(operation: "flock", path: path, errno: code)
        }
    }

    deinit {
        // Closing is not enough: a child process that is just being started shares the open file until it
        // execs.
        flock(descriptor, LOCK_UN)
        close(descriptor)
    }
}

/// Keeps every writer away from a database that is not open, for as long as this lives: to put another in its place.
public final class DatabaseLock: Sendable {
    private let lock: FileLock

    /// - Throws: `DatabaseInUse`, `FileError`.
    public init(path: String) throws {
        lock = try FileLock(path: FileSystem.resolvingFolder(of: path) + ".lock")
    }
}
