/// Bytes that many requests share by reference: a table or a delta, serialised once for all who ask for it.
public final class SharedData: Sendable {
    public let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }
}
