/// A place that keeps whole files by name: a folder, or a bucket's prefix.
///
/// Calls block their thread. A file is there whole or not at all: nobody reads what is only half written.
public protocol ObjectStorage: Sendable {
    /// What people call it; without any secret.
    var location: StorageLocation { get }

    /// Every file whose name begins so, by name.
    ///
    /// - Throws: `StorageError`, as all of these.
    func list(prefix: String) throws(StorageError) -> [StoredObject]

    /// Keeps the content of a file of this machine, read in bounded memory. It replaces one of the same name.
    func write(_ name: String, fromFile path: String) throws(StorageError)

    /// Hands on the content piece by piece.
    ///
    /// - Throws: also what `receive` throws, as `StorageError.stopped`.
    func read(_ name: String, _ receive: ([UInt8]) throws -> Void) throws(StorageError)

    /// Takes the file out; it is no error where there is none.
    func delete(_ name: String) throws(StorageError)
}

/// A file that is kept.
public struct StoredObject: Sendable, Equatable {
    public var name: String
    public var sizeBytes: Int

    public init(name: String, sizeBytes: Int) {
        self.name = name
        self.sizeBytes = sizeBytes
    }
}

/// Why a storage did not do what it was asked. The message holds no secret.
public enum StorageError: Error, CustomStringConvertible {
    case notFound(String)
    /// The credentials are missing, unknown, or not allowed to do that.
    case refused(String)
    /// It could not be reached, or failed by itself: the same again may work.
    case unavailable(String)
    case other(String)
    /// What the caller's own receiver threw.
    case stopped(any Error)

    public var description: String {
        switch self {
        case .notFound(let message), .refused(let message), .unavailable(let message), .other(let message):
            message
        case .stopped(let error): "\(error)"
        }
    }
}

extension ObjectStorage {
    /// A small file's content.
    ///
    /// - Throws: `StorageError.other` for one that is larger than that.
    public func content(_ name: String, bytesMax: Int) throws(StorageError) -> [UInt8] {
        var content: [UInt8] = []
        do {
            try read(name) { piece in
                guard content.count + piece.count <= bytesMax else { throw TooLarge() }
                content += piece
            }
        } catch .stopped(is TooLarge) {
            throw .other("\(location)/\(name) is over \(bytesMax) bytes.")
        }
        return content
    }
}

private struct TooLarge: Error {}
