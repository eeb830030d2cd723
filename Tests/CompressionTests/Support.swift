import Compression
import Glibc

/// Bytes that repeat themselves for a seed (SplitMix64): text that compresses, like a routing table's.
func text(bytes count: Int, seed: UInt64 = 1) -> [UInt8] {
    var state = seed
    var text: [UInt8] = []
    text.reserveCapacity(count + 64)
    while text.count < count {
        state &+= 0x9E37_79B9_7F4A_7C15
        let mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        text += Array(
            "{\"id\":\"tenant-\(mixed >> 40)\",\"cell\":\"cell-\(mixed % 500)\",\"epoch\":1}\n".utf8)
    }
    return Array(text.prefix(count))
}

/// Bytes that nothing can compress.
func noise(bytes count: Int) -> [UInt8] {
    var state: UInt64 = 7
    return (0..<count).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return UInt8(state >> 56)
    }
}

/// What `gzip -dc` or `zstd -dc` makes of it, or nil where the command refuses.
func commandOutput(_ encoding: ContentEncoding, _ bytes: [UInt8]) throws -> [UInt8]? {
    var template = Array("/tmp/compression-XXXXXX".utf8CString)
    let descriptor = mkstemp(&template)
    let path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    defer { unlink(path) }
    var written = 0
    while written < bytes.count {
        written += bytes[written...].withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    }
    close(descriptor)
    guard let pipe = popen("\(encoding.rawValue) -dc < \(path) 2> /dev/null", "r") else { return nil }
    var output: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
        let count = fread(&buffer, 1, buffer.count, pipe)
        if count == 0 { break }
        output += buffer[..<count]
    }
    return pclose(pipe) == 0 ? output : nil
}

/// Contents of every sort that matters to a codec.
let samples: [[UInt8]] = [
    [], [0], Array("a".utf8), text(bytes: 100), text(bytes: 32 * 1024), text(bytes: 32 * 1024 + 1),
    text(bytes: 1_000_000), noise(bytes: 200_000), [UInt8](repeating: 0, count: 500_000),
]
