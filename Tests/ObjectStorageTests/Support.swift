import Foundation
import Testing

@testable import ObjectStorage

/// A folder of one test, gone with it.
final class Scratch: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "titan-storage-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ bytes: [UInt8]) throws -> String {
        let file = path + "/" + UUID().uuidString
        try Data(bytes).write(to: URL(fileURLWithPath: file))
        return file
    }
}

/// What every storage promises, whatever it is.
func prove(_ storage: some ObjectStorage, sizes: [Int]) throws {
    let scratch = try Scratch()
    #expect(try storage.list(prefix: "") == [])
    #expect(throws: StorageError.self) { try storage.read("none") { _ in } }
    try storage.delete("none")
    var written: [StoredObject] = []
    for (index, size) in sizes.enumerated() {
        let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ index) }
        let name = "a b-\(index).bin"
        try storage.write(name, fromFile: try scratch.file(bytes))
        var found: [UInt8] = []
        try storage.read(name) { found += $0 }
        #expect(found == bytes, "\(size) bytes came back as others")
        written.append(StoredObject(name: name, sizeBytes: size))
    }
    #expect(try storage.list(prefix: "") == written)
    #expect(try storage.list(prefix: "a b-1") == Array(written[1...1]))
    try storage.write(written[0].name, fromFile: try scratch.file([1, 2, 3]))
    #expect(try storage.content(written[0].name, bytesMax: 3) == [1, 2, 3])
    #expect(throws: StorageError.self) { try storage.content(written[0].name, bytesMax: 2) }
    #expect { try storage.read(written[1].name) { _ in throw Enough() } } throws: { error in
        if case StorageError.stopped(is Enough) = error { true } else { false }
    }
    for object in written { try storage.delete(object.name) }
    #expect(try storage.list(prefix: "") == [])
}

private struct Enough: Error {}
