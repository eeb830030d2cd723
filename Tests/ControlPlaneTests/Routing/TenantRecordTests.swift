import Registry
import Testing

@testable import ControlPlane

@Suite struct TenantRecordTests {
    @Test("a record reads back as it was written, at all lengths of its numbers")
    func roundTrip() {
        for ordinal: UInt32 in [0, 1, 31, 32, 4_095, 4_096, 1 << 29, .max] {
            for epoch: Int64 in [0, 1, 127, 128, 16_384, 1 << 40, .max] {
                for state in TenantState.allCases {
                    let record = TenantEntry(
                        cell: CellOrdinal(rawValue: ordinal), epoch: Epoch(rawValue: epoch), state: state)
                    #expect(record.withBytes { TenantEntry($0) } == record)
                }
            }
        }
    }

    @Test("a tenant on one of five hundred cells, in its first epochs, takes three bytes")
    func length() {
        let record = TenantEntry(cell: CellOrdinal(rawValue: 499), epoch: Epoch(rawValue: 9), state: .frozen)
        #expect(record.withBytes { $0.count } == 3)
    }
}
