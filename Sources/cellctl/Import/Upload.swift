import Glibc

/// The bytes of an import, whose length is known and which can be read again: a file, or a copy of a pipe.
///
/// The control plane takes no chunked bodies, so what comes through a pipe is gathered first, in a temporary file that
/// has no name and is gone with the process, however that ends.
final class Upload {
    let mediaType: String
    let length: Int
    private let descriptor: Int32
    private let name: String
    private var sent = 0
    /// Called with the bytes sent so far.
    var onProgress: ((Int) -> Void)?

    /// - Parameter mediaType: chosen by the first bytes (64 KiB, if there are as many).
    init(path: String, mediaType: ([UInt8]) -> String) throws(CommandFailure) {
        name = path == "-" ? "standard input" : path
        let input = try InputFile.open(path)
        do throws(CommandFailure) {
            descriptor = Self.isRegularFile(input) ? input : try Self.spooled(input, name)
            var status = stat()
            guard fstat(descriptor, &status) == 0 else { throw .file("read", name, errno) }
            length = Int(status.st_size)
            self.mediaType = mediaType(Self.head(descriptor))
        } catch {
            if input != STDIN_FILENO { close(input) }
            throw error
        }
        if descriptor != input, input != STDIN_FILENO { close(input) }
    }

    deinit {
        if descriptor != STDIN_FILENO { close(descriptor) }
    }

    func rewind() throws(CommandFailure) {
        guard lseek(descriptor, 0, SEEK_SET) == 0 else { throw .file("rewind", name, errno) }
        sent = 0
    }

    /// The next bytes, or nil at the end: never more than `length` in all, though the file may be growing.
    func next() throws(CommandFailure) -> [UInt8]? {
        guard sent < length, var chunk = try InputFile.read(descriptor, name) else { return nil }
        chunk.removeLast(max(0, sent + chunk.count - length))
        sent += chunk.count
        onProgress?(sent)
        return chunk
    }

    private static func isRegularFile(_ descriptor: Int32) -> Bool {
        var status = stat()
        return fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }

    private static func head(_ descriptor: Int32) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 64 << 10) { buffer, count in
            count = max(0, pread(descriptor, buffer.baseAddress, buffer.count, 0))
        }
    }

    private static func spooled(_ input: Int32, _ name: String) throws(CommandFailure) -> Int32 {
        let folder = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(folder)/cellctl-XXXXXX".utf8CString)
        let spool = mkstemp(&template)
        guard spool >= 0 else { throw .file("make a temporary file in", folder, errno) }
        unlink(template)
        do throws(CommandFailure) {
            while let chunk = try InputFile.read(input, name) {
                var rest = chunk[...]
                while !rest.isEmpty {
                    let count = rest.withUnsafeBytes { write(spool, $0.baseAddress, $0.count) }
                    guard count >= 0 || errno == EINTR else {
                        throw .file("write a temporary file in", folder, errno)
                    }
                    rest = rest.dropFirst(max(0, count))
                }
            }
        } catch {
            close(spool)
            throw error
        }
        return spool
    }
}
