import Foundation
import Testing

@testable import ObjectStorage

@Suite struct FolderStorageTests {
    @Test func filesAreKeptWholeByName() throws {
        let scratch = try Scratch()
        try prove(FolderStorage(path: scratch.path + "/made/"), sizes: [0, 1, 3 << 20])
    }

    @Test func whatACrashLeftHalfWrittenIsNotListed() throws {
        let scratch = try Scratch()
        let storage = FolderStorage(path: scratch.path)
        try Data([1]).write(to: URL(fileURLWithPath: scratch.path + "/.partial-a-1"))
        try FileManager.default.createDirectory(
            atPath: scratch.path + "/folder", withIntermediateDirectories: false)
        #expect(try storage.list(prefix: "") == [])
    }
}
