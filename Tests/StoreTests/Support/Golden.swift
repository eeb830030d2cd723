import Glibc
import Testing

/// Texts kept beside the tests, compared whole. With `RECORD_GOLDEN=1` they are written anew, and the run fails once,
/// so that nobody records without looking.
enum Golden {
    static func check(
        _ text: String, is name: String, _ location: SourceLocation = #_sourceLocation
    ) throws {
        let path = folder + name
        if getenv("RECORD_GOLDEN") != nil {
            try TextFile.write(text, to: path)
            Issue.record("recorded \(name): look at it, and run the tests again", sourceLocation: location)
        } else {
            #expect(try TextFile.read(path) == text, "\(name) differs", sourceLocation: location)
        }
    }

    private static let folder = TextFile.package + "Tests/StoreTests/Golden/"
}

/// Files of the package itself.
enum TextFile {
    /// The package's folder, with a slash at the end.
    static let package = {
        let levels = #filePath.split(separator: "/").dropLast(4)
        return "/" + levels.joined(separator: "/") + "/"
    }()

    static func read(_ path: String) throws -> String {
        let file = try #require(fopen(path, "r"), "there is no \(path)")
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while case let count = fread(&chunk, 1, chunk.count, file), count > 0 { bytes += chunk[..<count] }
        return String(decoding: bytes, as: UTF8.self)
    }

    static func write(_ text: String, to path: String) throws {
        let file = try #require(fopen(path, "w"), "can't write \(path)")
        defer { fclose(file) }
        try #require(fputs(text, file) >= 0)
    }
}
