import Registry
import Testing

@Suite("A batch's life")
struct BatchStateTests {
    @Test("every state and every event are decided as the golden table says")
    func table() throws {
        var lines: [String] = []
        for state in BatchState.allCases {
            for event in BatchEvent.allCases {
                lines.append("\(state.rawValue) + \(event.rawValue) = \(Self.outcome(state, event))")
            }
        }
        try Golden.check(lines.joined(separator: "\n") + "\n", is: "batch-life.txt")
    }

    @Test("a step that was taken can't be taken again at once")
    func repeated() throws {
        for state in BatchState.allCases {
            for event in BatchEvent.allCases {
                guard let once = try? state.after(event) else { continue }
                #expect(throws: RegistryError.self, "\(state) + \(event)") { try once.after(event) }
            }
        }
    }

    @Test("from everywhere before the cutover an abort leads home, and after it there is no abort")
    func aborting() throws {
        let before: [BatchState] = [.planned, .preparing, .copying, .announced, .freezing, .cutover]
        for state in BatchState.allCases {
            if before.contains(state) {
                #expect(try state.after(.abort).after(.undone) == .aborted)
            } else {
                #expect(throws: RegistryError.self, "\(state)") { try state.after(.abort) }
            }
        }
    }

    @Test("the placement changes in one step alone, and only behind the barrier")
    func oneWayOver() {
        for state in BatchState.allCases {
            for event in BatchEvent.allCases where (try? state.after(event)) == .confirming {
                #expect(state == .cutover && event == .cutOver)
            }
            for event in BatchEvent.allCases where (try? state.after(event)) == .cutover {
                #expect(state == .freezing && event == .barrierHeld)
            }
        }
    }

    @Test("what has ended stays as it is, and every other state has a way to an end")
    func ends() {
        for state in BatchState.allCases {
            var reached: Set<BatchState> = [state]
            while true {
                let more = reached.union(
                    reached.flatMap { from in BatchEvent.allCases.compactMap { try? from.after($0) } })
                if more == reached { break }
                reached = more
            }
            let hasEnd = reached.contains(where: \.isEnded)
            #expect(hasEnd, "\(state)")
            if state.isEnded { #expect(reached == [state]) }
        }
    }

    @Test("a batch takes a place from its beginning until its tenants are whole on one cell")
    func places() {
        let inFlight = BatchState.allCases.filter(\.isInFlight)
        #expect(
            inFlight == [.preparing, .copying, .announced, .freezing, .cutover, .confirming, .aborting])
        let settled = BatchState.allCases.filter(\.isSettled)
        #expect(settled == [.reversible, .done, .aborted, .reversing, .reversed])
    }

    private static func outcome(_ state: BatchState, _ event: BatchEvent) -> String {
        do {
            return try state.after(event).rawValue
        } catch {
            return error.code.rawValue
        }
    }
}
