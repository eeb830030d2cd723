import Registry

/// What the index keeps of a tenant: 2 to 15 bytes, most often 3.
///
/// Two numbers, seven bits a byte and the lowest first, each byte but a number's last with its high bit set (LEB128):
/// the cell's ordinal four times plus the state, and the epoch.
struct TenantEntry: Sendable, Equatable {
    var cell: CellOrdinal
    var epoch: Epoch
    var state: TenantState

    init(cell: CellOrdinal, epoch: Epoch, state: TenantState) {
        self.cell = cell
        self.epoch = epoch
        self.state = state
    }

    /// - Precondition: `bytes` are what `withBytes` gave.
    @inline(__always)
    init(_ bytes: UnsafeRawBufferPointer) {
        var offset = 0
        let first = Self.number(bytes, &offset)
        cell = CellOrdinal(rawValue: UInt32(truncatingIfNeeded: first >> 2))
        state = Self.state(code: first & 3)
        epoch = Epoch(rawValue: Int64(truncatingIfNeeded: Self.number(bytes, &offset)))
    }

    @inline(__always)
    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        withUnsafeTemporaryAllocation(byteCount: 16, alignment: 1) { buffer in
            var count = 0
            func append(_ number: UInt64) {
                var rest = number
                while rest >= 0x80 {
                    buffer[count] = UInt8(truncatingIfNeeded: rest) | 0x80
                    rest >>= 7
                    count += 1
                }
                buffer[count] = UInt8(truncatingIfNeeded: rest)
                count += 1
            }
            append(UInt64(cell.rawValue) << 2 | Self.code(of: state))
            append(UInt64(bitPattern: epoch.rawValue))
            return body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
    }

    @inline(__always)
    private static func number(_ bytes: UnsafeRawBufferPointer, _ offset: inout Int) -> UInt64 {
        var number: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let byte = bytes[offset]
            offset += 1
            number |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return number }
            shift += 7
        }
    }

    private static func code(of state: TenantState) -> UInt64 {
        switch state {
        case .serving: 0
        case .migrating: 1
        case .frozen: 2
        case .suspended: 3
        }
    }

    @inline(__always)
    private static func state(code: UInt64) -> TenantState {
        switch code {
        case 0: .serving
        case 1: .migrating
        case 2: .frozen
        default: .suspended
        }
    }
}
