import Glibc
import Testing

@testable import cellctl

@Suite struct UploadTests {
    @Test("a file is read to its end, and again after it is rewound")
    func file() throws {
        let text = String(repeating: "0123456789", count: 100_000)
        try withFile(text) { path in
            let upload = try Upload(path: path) { head in head.count == 65_536 ? "long" : "short" }
            #expect(upload.length == 1_000_000)
            #expect(upload.mediaType == "long")
            for _ in 1...2 {
                try upload.rewind()
                #expect(try Self.rest(of: upload) == Array(text.utf8))
            }
        }
    }

    @Test("a pipe is gathered first, so that its length is known and it can be sent again")
    func pipe() throws {
        var ends: [Int32] = [0, 0]
        #expect(Glibc.pipe(&ends) == 0)
        #expect(write(ends[1], "a line\n", 7) == 7)
        close(ends[1])
        defer { close(ends[0]) }
        let upload = try Upload(path: "/dev/fd/\(ends[0])") { _ in "x" }
        #expect(upload.length == 7)
        for _ in 1...2 {
            try upload.rewind()
            #expect(try Self.rest(of: upload) == Array("a line\n".utf8))
        }
    }

    @Test("a file that grows is sent as long as it was")
    func growing() throws {
        try withFile("12345") { path in
            let upload = try Upload(path: path) { _ in "x" }
            let descriptor = open(path, O_WRONLY | O_APPEND)
            #expect(write(descriptor, "678", 3) == 3)
            close(descriptor)
            try upload.rewind()
            #expect(try Self.rest(of: upload) == Array("12345".utf8))
        }
    }

    @Test("what can't be opened is a usage error")
    func missing() {
        let failure = #expect(throws: CommandFailure.self) { try Upload(path: "/no/such") { _ in "" } }
        #expect(failure?.ending == .usage)
    }

    private static func rest(of upload: Upload) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while let chunk = try upload.next() { bytes += chunk }
        return bytes
    }
}
