import CSQLiteFaults
import Glibc
import SQLite
import Synchronization
import Testing

/// A folder of one test's own.
struct Scratch: Sendable {
    let folder: String
    var path: String { folder + "/test.db" }

    /// Makes a folder for the time of the body.
    static func with<T>(_ body: (Scratch) async throws -> T) async throws -> T {
        let scratch = try Scratch()
        defer { scratch.remove() }
        return try await body(scratch)
    }

    private init() throws {
        let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(parent)/sqlite-tests-XXXXXX".utf8CString)
        folder = try #require(mkdtemp(&template).map { String(cString: $0) })
    }

    private func remove() {
        csqlite_faults_set(path, CSQLITE_FAULT_NONE)
        for name in names { unlink(folder + "/" + name) }
        rmdir(folder)
    }

    /// The names in the folder, sorted.
    var names: [String] {
        guard let stream = opendir(folder) else { return [] }
        defer { closedir(stream) }
        var found: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { found.append(name) }
        }
        return found.sorted()
    }

    /// Opens a writing connection that no `Database` knows of, for the time of the body.
    static func withConnection<T>(_ body: (Connection) throws -> T) async throws -> T {
        try await with { try body(Connection(path: $0.path, mode: .writer)) }
    }

    /// Opens a database with a table `t (k INTEGER PRIMARY KEY, v TEXT)`, for the time of the body.
    func withDatabase<T>(
        _ configure: (inout Database.Configuration) -> Void = { _ in },
        onFatal: @escaping @Sendable (SQLiteError) -> Void = { Issue.record("fatal: \($0)") },
        _ body: (Database) async throws -> T
    ) async throws -> T {
        var configuration = Database.Configuration(path: path, onFatal: onFatal)
        configuration.prepare = {
            try $0.execute("CREATE TABLE IF NOT EXISTS t (k INTEGER PRIMARY KEY, v TEXT) STRICT")
        }
        // So that what shares a group does so on a slow machine too.
        configuration.groupDurationMax = .seconds(60)
        configure(&configuration)
        let database = try Database.open(configuration: configuration)
        defer { database.close() }
        return try await body(database)
    }

    /// As above, in a folder of its own.
    static func withDatabase<T>(
        _ configure: (inout Database.Configuration) -> Void = { _ in }, _ body: (Database) async throws -> T
    ) async throws -> T {
        try await with { try await $0.withDatabase(configure, body) }
    }

    /// - Returns: nil if there is no such file.
    func sizeBytes(_ name: String) -> Int? {
        var status = stat()
        return stat(folder + "/" + name, &status) == 0 ? Int(status.st_size) : nil
    }

    /// Puts other content in the database's place.
    func write(_ content: String) throws {
        let file = try #require(fopen(path, "w"))
        defer { fclose(file) }
        try #require(fputs(content, file) >= 0)
    }

    /// Changes the last place in the database's file where the text stands to another of the same length.
    func replaceLast(_ text: String, by other: String) throws {
        let file = try #require(fopen(path, "r+"))
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: sizeBytes("test.db") ?? 0)
        try #require(fread(&bytes, 1, bytes.count, file) == bytes.count)
        let length = text.utf8.count
        let places = (0...bytes.count - length).filter { bytes[$0..<$0 + length].elementsEqual(text.utf8) }
        try #require(fseek(file, try #require(places.last), SEEK_SET) == 0)
        try #require(fputs(other, file) >= 0)
    }

    /// Puts the failing disk under every connection opened from now on.
    func installFaults() throws {
        // The library has to be started by its own code, which configures it first.
        _ = try Connection(path: folder + "/first.db", mode: .writer)
        try #require(csqlite_faults_install() == 0)
    }

    func fail(_ fault: csqlite_fault) throws {
        try #require(csqlite_faults_set(path, fault) == 0)
    }

    var faultsStruck: Int { Int(csqlite_faults_struck(path)) }
}

extension Database {
    func count() throws -> Int {
        try read { try $0.first("SELECT count(*) FROM t") { $0.int(0) } ?? 0 }
    }
}

/// Waits until the condition holds, at most ten seconds.
func eventually(_ condition: () throws -> Bool) async throws -> Bool {
    for _ in 0..<1_000 {
        if try condition() { return true }
        try await Task.sleep(for: .milliseconds(10))
    }
    return false
}

/// A list that many threads append to.
final class Recorder<Element: Sendable>: Sendable {
    private let list = Mutex<[Element]>([])

    func record(_ element: Element) { list.withLock { $0.append(element) } }
    var elements: [Element] { list.withLock { $0 } }
}

/// Holds threads back until it is opened.
final class Gate: Sendable {
    private let isOpen = Mutex(false)

    var isPassable: Bool { isOpen.withLock { $0 } }

    func open() { isOpen.withLock { $0 = true } }

    /// Blocks the thread until somebody opens; whoever never does would hang the tests, so they end after two minutes.
    func pass() {
        for _ in 0..<120_000 where !isPassable { usleep(1_000) }
        precondition(isPassable, "nobody has opened the gate")
    }
}
