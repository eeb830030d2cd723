/// Why bytes could not be compressed or decompressed.
public enum CompressionError: Error, Sendable, Equatable {
    /// The bytes are not what the encoding says, or are damaged, or something else follows them.
    case corrupt
    /// The bytes end before the compressed content does.
    case truncated
    /// The content is larger than the caller allows; how much larger is not known.
    case tooLarge(bytesMax: Int)
    case outOfMemory
}

extension CompressionError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .corrupt: "The compressed content is damaged; send it again, or uncompressed."
        case .truncated: "The compressed content is cut off; send it whole."
        case .tooLarge(let bytesMax):
            "The content is more than \(bytesMax) bytes uncompressed; send it in parts."
        case .outOfMemory: "There is not enough memory to compress or decompress; try again later."
        }
    }
}
