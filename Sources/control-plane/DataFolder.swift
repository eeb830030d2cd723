import ControlPlane
import Foundation
import Registry
import Store

/// Where the registry lives: the database, its log and lock, and the first admin token.
struct DataFolder {
    let path: String

    var database: String { path + "/registry.db" }
    var adminToken: String { path + "/admin-token" }

    /// Makes the folder, for this user alone.
    func prepare() throws {
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw DataFolderError(description: "Can't make the folder \(path): \(error.localizedDescription)")
        }
    }

    /// Opens the store for a command that ends by itself.
    func withStore<T>(_ body: (Store) async throws -> T) async throws -> T {
        try prepare()
        let store = try open { Store.Configuration(path: $0, clock: Clock.system.now, onFatal: Self.fail) }
        defer { store.close() }
        return try await body(store)
    }

    /// - Throws: `DataFolderError` with what a person can do about it.
    func open(_ configuration: (String) -> Store.Configuration) throws -> Store {
        guard !FileManager.default.fileExists(atPath: RegistryRestore.mark(in: path)) else {
            throw DataFolderError(
                description:
                    "A restore into \(path) was cut off: run `control-plane restore` again, with --replace.")
        }
        do {
            return try Store(configuration(database))
        } catch {
            throw DataFolderError(description: "Can't open \(database): \(error)")
        }
    }

    private static let fail: @Sendable (any Error) -> Void = { error in
        FileHandle.standardError.write(Data("control-plane: the disk failed: \(error)\n".utf8))
        exit(70)
    }

    /// Writes a token for its owner's eyes only, whole or not at all.
    func write(adminToken secret: TokenSecret) throws {
        let temporary = adminToken + ".new"
        unlink(temporary)
        let descriptor = Glibc.open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw DataFolderError(
                description: "Can't write \(temporary): \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        let line = Array((secret.text + "\n").utf8)
        guard Glibc.write(descriptor, line, line.count) == line.count, fsync(descriptor) == 0,
            rename(temporary, adminToken) == 0
        else {
            throw DataFolderError(
                description: "Can't write \(adminToken): \(String(cString: strerror(errno)))")
        }
    }
}

/// The folder can't be used. Nothing is wrong with the command line, so its usage is not shown; the exit code is 1.
struct DataFolderError: Error, CustomStringConvertible {
    let description: String
}

extension Clock {
    static let system = Clock(
        now: { Timestamp(rawValue: Int64((Date().timeIntervalSince1970 * 1000).rounded(.down))) },
        uptime: { ContinuousClock.now })
}
