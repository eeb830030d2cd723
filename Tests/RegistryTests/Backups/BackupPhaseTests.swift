import Registry
import Testing

@Suite("The lives of backups and restores")
struct BackupPhaseTests {
    @Test("every phase of a backup and every event are decided as the golden table says")
    func backups() throws {
        var lines: [String] = []
        for phase in BackupPhase.allCases {
            for event in BackupEvent.allCases {
                lines.append("\(phase.rawValue) + \(event.rawValue) = \(Self.outcome(phase, event))")
            }
        }
        try Golden.check(lines.joined(separator: "\n") + "\n", is: "backup-life.txt")
    }

    @Test("every phase of a restore and every event are decided as the golden table says")
    func restores() throws {
        var lines: [String] = []
        for phase in RestorePhase.allCases {
            for event in RestoreEvent.allCases {
                let outcome = (try? phase.after(event).rawValue) ?? "stateConflict"
                lines.append("\(phase.rawValue) + \(event.rawValue) = \(outcome)")
            }
        }
        try Golden.check(lines.joined(separator: "\n") + "\n", is: "restore-life.txt")
    }

    @Test("a repeated event either changes nothing or is refused, but for one that nothing is left of")
    func repeated() throws {
        for phase in BackupPhase.allCases {
            for event in BackupEvent.allCases {
                guard let once = try? phase.after(event) else { continue }
                if let twice = try? once.after(event) { #expect(twice == once, "\(phase) + \(event)") }
            }
        }
    }

    @Test("an end leads nowhere but to its deletion, and only what was claimed completes")
    func ends() throws {
        for phase in BackupPhase.allCases {
            for event in BackupEvent.allCases {
                guard let after = try? phase.after(event), after != phase else { continue }
                if phase.isTerminal { #expect(after == .deleting && event == .delete) }
                if after == .completed || after == .partiallyFailed { #expect(phase.isInFlight) }
                if after == .inProgress { #expect(event == .claim && phase.isClaimable) }
            }
        }
        for phase in RestorePhase.allCases where phase.isTerminal {
            for event in RestoreEvent.allCases {
                if let after = try? phase.after(event) { #expect(after == phase) }
            }
        }
    }

    @Test("whatever is under way can be failed: nothing stops its schedule for ever")
    func failed() throws {
        for phase in BackupPhase.allCases where phase.isUnderWay {
            #expect(try phase.after(.fail) == .failed)
        }
        for phase in RestorePhase.allCases where !phase.isTerminal {
            #expect(try phase.after(.fail) == .failed)
        }
    }

    private static func outcome(_ phase: BackupPhase, _ event: BackupEvent) -> String {
        do {
            return try phase.after(event)?.rawValue ?? "gone"
        } catch {
            return error.code.rawValue
        }
    }
}
