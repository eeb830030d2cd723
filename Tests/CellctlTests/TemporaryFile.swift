import Glibc

/// A file that is there while the body runs.
func withFile<T>(_ text: String, suffix: String = "", _ body: (String) throws -> T) throws -> T {
    var template = Array("/tmp/cellctl-test-XXXXXX".utf8CString)
    let descriptor = mkstemp(&template)
    let made = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let path = made + suffix
    rename(made, path)
    defer {
        close(descriptor)
        unlink(path)
    }
    let bytes = Array(text.utf8)
    guard write(descriptor, bytes, bytes.count) == bytes.count else { throw CouldNotWrite() }
    return try body(path)
}

struct CouldNotWrite: Error {}
