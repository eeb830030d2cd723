import Glibc

/// Keeps files in a folder of this machine, which is made when the first is written.
public struct FolderStorage: ObjectStorage {
    private let path: String

    public init(path: String) { self.path = path }

    public var location: StorageLocation { .folder(path) }

    private static let pieceBytes = 1 << 20
    /// A file that is being written; one that a crash has left behind is listed nowhere.
    private static let partial = ".partial-"

    public func list(prefix: String) throws(StorageError) -> [StoredObject] {
        guard let folder = opendir(path) else {
            if errno == ENOENT { return [] }
            throw File.failed("open", path)
        }
        defer { closedir(folder) }
        var found: [StoredObject] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            var status = stat()
            guard name.hasPrefix(prefix), !name.hasPrefix("."), stat(path + "/" + name, &status) == 0,
                status.st_mode & S_IFMT == S_IFREG
            else { continue }
            found.append(StoredObject(name: name, sizeBytes: Int(status.st_size)))
        }
        return found.sorted { $0.name < $1.name }
    }

    public func write(_ name: String, fromFile source: String) throws(StorageError) {
        try makeFolder()
        let partial = "\(path)/\(Self.partial)\(name)-\(UInt64.random(in: .min ... .max))"
        defer { unlink(partial) }
        let input = try File.reading(source)
        let output = try File.making(partial)
        while case let piece = try input.read(Self.pieceBytes), !piece.isEmpty { try output.write(piece) }
        try output.synchronize()
        guard rename(partial, "\(path)/\(name)") == 0 else { throw File.failed("rename", "\(path)/\(name)") }
        try File.synchronize(folder: path)
    }

    public func read(_ name: String, _ receive: ([UInt8]) throws -> Void) throws(StorageError) {
        let input = try File.reading("\(path)/\(name)")
        while case let piece = try input.read(Self.pieceBytes), !piece.isEmpty {
            do { try receive(piece) } catch { throw .stopped(error) }
        }
    }

    public func delete(_ name: String) throws(StorageError) {
        guard unlink("\(path)/\(name)") == 0 else {
            if errno == ENOENT { return }
            throw File.failed("unlink", "\(path)/\(name)")
        }
        try File.synchronize(folder: path)
    }

    private func makeFolder() throws(StorageError) {
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw File.failed("mkdir", path) }
    }
}
