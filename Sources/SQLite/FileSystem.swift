import Glibc

/// The system calls on files that SQLite does not make itself; each throws `FileError`.
enum FileSystem {
    /// The path with links in its folders followed, but not its last name: SQLite is told to refuse a link
    /// anywhere in a path, and a data folder may well lie behind one.
    static func resolvingFolder(of path: String) throws(FileError) -> String {
        let (folder, name) = split(path)
        guard let resolved = unsafe realpath(folder, nil) else {
            throw FileError(operation: "realpath", path: folder, errno: errno)
        }
        defer { unsafe free(resolved) }
        let whole = unsafe String(cString: resolved)
        return whole == "/" ? "/" + name : whole + "/" + name
    }

    /// Makes an empty file that only this user may read.
    /// - Returns: false if there is something of that name.
    @discardableResult
    static func makePrivateFile(_ path: String) throws(FileError) -> Bool {
        let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else {
            if errno == EEXIST { return false }
            throw FileError(operation: "open", path: path, errno: errno)
        }
        close(descriptor)
        return true
    }

    /// Brings a file's bytes, or a folder's names, to the disk.
    static func synchronize(_ path: String) throws(FileError) {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError(operation: "open", path: path, errno: errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw FileError(operation: "fsync", path: path, errno: errno) }
    }

    /// Gives a file its final name, which must be free, and makes that last.
    ///
    /// By a link and an unlink: `rename` would replace what another has put there in the meantime.
    static func rename(_ path: String, toUnused name: String) throws(FileError) {
        guard unsafe link(path, name) == 0 else {
            throw FileError(operation: "link", path: name, errno: errno)
        }
        remove(path)
        try synchronize(split(name).folder)
    }

    /// Removes a file, if it is there.
    static func remove(_ path: String) {
        unsafe unlink(path)
    }

    /// - Throws: with `EEXIST` if there is anything of that name, be it a link to nowhere.
    static func requireUnused(_ path: String) throws(FileError) {
        var status = stat()
        if unsafe lstat(path, &status) == 0 {
            throw FileError(operation: "create", path: path, errno: EEXIST)
        }
    }

    /// Zero if the file is not there.
    static func sizeBytes(of path: String) -> Int {
        var status = stat()
        return unsafe stat(path, &status) == 0 ? Int(status.st_size) : 0
    }

    private static func split(_ path: String) -> (folder: String, name: String) {
        guard let slash = path.lastIndex(of: "/") else { return (".", path) }
        let folder = path[..<slash]
        return (folder.isEmpty ? "/" : String(folder), String(path[path.index(after: slash)...]))
    }
}
