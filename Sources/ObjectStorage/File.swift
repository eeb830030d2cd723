import Glibc

/// A file of this machine that is read or written piece by piece. Closed when it is let go of.
public final class File {
    private let descriptor: Int32
    private let path: String

    private init(_ descriptor: Int32, _ path: String) throws(StorageError) {
        guard descriptor >= 0 else { throw Self.failed("open", path) }
        self.descriptor = descriptor
        self.path = path
    }

    deinit { close(descriptor) }

    public static func reading(_ path: String) throws(StorageError) -> File {
        try File(open(path, O_RDONLY | O_CLOEXEC), path)
    }

    /// Makes the file, for this user alone.
    ///
    /// - Parameter replacing: true empties one that is there.
    /// - Throws: `StorageError.other` where there is one already.
    public static func making(_ path: String, replacing: Bool = false) throws(StorageError) -> File {
        let mode = replacing ? O_TRUNC : O_EXCL
        return try File(open(path, O_WRONLY | O_CREAT | mode | O_CLOEXEC | O_NOFOLLOW, 0o600), path)
    }

    /// The next bytes, as many as that unless the file ends before; none at its end.
    public func read(_ bytesMax: Int) throws(StorageError) -> [UInt8] {
        var piece = [UInt8](repeating: 0, count: bytesMax)
        var filled = 0
        while filled < bytesMax {
            let count = piece.withUnsafeMutableBytes {
                Glibc.read(descriptor, $0.baseAddress! + filled, bytesMax - filled)
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Self.failed("read", path) }
            if count == 0 { break }
            filled += count
        }
        piece.removeLast(bytesMax - filled)
        return piece
    }

    public func write(_ bytes: [UInt8]) throws(StorageError) {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress! + written, bytes.count - written)
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Self.failed("write", path) }
            written += count
        }
    }

    /// Brings what was written to the disk.
    public func synchronize() throws(StorageError) {
        guard fsync(descriptor) == 0 else { throw Self.failed("fsync", path) }
    }

    public var sizeBytes: Int {
        var status = stat()
        return fstat(descriptor, &status) == 0 ? Int(status.st_size) : 0
    }

    /// Brings the folder's names to the disk.
    public static func synchronize(folder path: String) throws(StorageError) {
        try File(open(path, O_RDONLY | O_CLOEXEC), path).synchronize()
    }

    public static func failed(_ call: String, _ path: String) -> StorageError {
        let code = errno
        let message = "\(call) \(path): \(String(cString: strerror(code)))."
        return code == ENOENT ? .notFound(message) : .other(message)
    }
}
