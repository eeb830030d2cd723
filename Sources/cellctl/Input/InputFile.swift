import Glibc

/// A file that the command line names, read whole; `-` is standard input.
enum InputFile {
    /// Past this a document is no document: imports, which may be longer, are streamed.
    static let bytesMax = 256 << 20

    static func bytes(at path: String) throws(CommandFailure) -> [UInt8] {
        let descriptor = try open(path)
        defer { if descriptor != STDIN_FILENO { close(descriptor) } }
        var bytes: [UInt8] = []
        while let chunk = try read(descriptor, path) {
            bytes += chunk
            guard bytes.count <= bytesMax else {
                throw .usage("\(path) is larger than \(bytesMax) bytes; split it")
            }
        }
        return bytes
    }

    static func open(_ path: String) throws(CommandFailure) -> Int32 {
        if path == "-" { return STDIN_FILENO }
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .file("open", path, errno) }
        return descriptor
    }

    /// The next bytes, or nil at the end.
    static func read(_ descriptor: Int32, _ path: String) throws(CommandFailure) -> [UInt8]? {
        while true {
            var code: Int32 = 0
            let chunk = [UInt8](unsafeUninitializedCapacity: 256 << 10) { buffer, count in
                let result = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
                code = result < 0 ? errno : 0
                count = max(0, result)
            }
            if code == 0 { return chunk.isEmpty ? nil : chunk }
            guard code == EINTR else { throw .file("read", path, code) }
        }
    }
}
