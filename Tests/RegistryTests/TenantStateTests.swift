import Registry
import Testing

@Suite("A tenant's state")
struct TenantStateTests {
    @Test("every state and every event are decided as the golden table says")
    func table() throws {
        var lines: [String] = []
        for state in TenantState.allCases {
            for event in TenantEvent.allCases {
                lines.append("\(state.rawValue) + \(event.rawValue) = \(Self.outcome(state, event))")
            }
        }
        try Golden.check(lines.joined(separator: "\n") + "\n", is: "tenant-state.txt")
    }

    private static func outcome(_ state: TenantState, _ event: TenantEvent) -> String {
        do {
            return try state.after(event)?.rawValue ?? "gone"
        } catch {
            return "\(error.code.rawValue): \(error.detail) Next: \(error.nextSteps.joined(separator: "; "))"
        }
    }
}
