/// The body of a request on its way out.
struct Upload {
    private var piece: [UInt8]
    private var offset = 0
    private var next: (() throws -> [UInt8]?)?
    /// Bytes that are announced and still to come from `next`.
    private var missing = 0
    private let length: Int

    init(_ body: ClientRequest.Body) {
        length = body.length
        switch body {
        case .none: piece = []
        case .bytes(let bytes): piece = bytes
        case .stream(_, let next):
            piece = []
            missing = length
            self.next = next
        }
    }

    /// - Throws: what the stream throws, and `ClientError.other` for one that is longer or shorter than it said.
    mutating func fill(_ room: UnsafeMutableRawBufferPointer) throws -> Int {
        while offset == piece.count, missing > 0, let next {
            guard let bytes = try next() else {
                throw ClientError.other("The body ended after \(length - missing) of \(length) bytes.")
            }
            guard bytes.count <= missing else {
                throw ClientError.other("The body is longer than the \(length) bytes that were announced.")
            }
            missing -= bytes.count
            piece = bytes
            offset = 0
        }
        let count = min(room.count, piece.count - offset)
        unsafe room.copyBytes(from: piece[offset..<offset + count])
        offset += count
        return count
    }

    /// A stream can be read once; it is at its start as long as nothing was read.
    mutating func seek(to offset: Int) -> Bool {
        guard next == nil || missing == length, (0...piece.count).contains(offset) else { return false }
        self.offset = offset
        return true
    }
}
