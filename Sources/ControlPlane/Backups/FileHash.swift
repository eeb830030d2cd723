import Crypto

/// The digest of a file that passes by piece by piece.
struct FileHash {
    private var hash = SHA256()
    private var sizeBytes = 0

    mutating func take(_ piece: [UInt8]) { piece.withUnsafeBytes { take($0) } }

    mutating func take(_ piece: UnsafeRawBufferPointer) {
        hash.update(bufferPointer: piece)
        sizeBytes += piece.count
    }

    var digest: FileDigest {
        let hex = hash.finalize().map { byte in
            String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
        }
        return FileDigest(sizeBytes: sizeBytes, sha256: hex.joined())
    }
}
