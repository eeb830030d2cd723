/// How much one document may ask of the reader.
public struct JSONLimits: Sendable, Equatable {
    /// Arrays and objects inside each other. Each level is a frame on the reader's stack.
    public let depthMax: Int
    /// Values in all: every element, every member's value, and the arrays and objects themselves.
    public let valuesMax: Int
    /// Bytes of one number; a double never needs more than 24.
    public let numberBytesMax: Int

    /// - Precondition: `depthMax` is 1 to 256, so that no document can overflow a thread's stack.
    public init(depthMax: Int = 32, valuesMax: Int = 1_000_000, numberBytesMax: Int = 128) {
        precondition((1...256).contains(depthMax), "a depth is 1 to 256")
        precondition(valuesMax > 0 && numberBytesMax > 0, "a limit of nothing refuses everything")
        self.depthMax = depthMax
        self.valuesMax = valuesMax
        self.numberBytesMax = numberBytesMax
    }

    public static let standard = JSONLimits()
}
