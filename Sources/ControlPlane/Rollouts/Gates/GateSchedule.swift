import Registry
import Synchronization

/// Which questions are due. What has been asked is kept in memory: after a start the tallies alone say when.
final class GateSchedule: Sendable {
    private struct Asked {
        var attempt: Int
        var at: Timestamp
        var isUnderWay: Bool
    }

    private let asked = Mutex<[GateQuestion.Key: Asked]>([:])

    /// Takes the questions that have been due the longest, and holds them until they are put back.
    ///
    /// - Parameters:
    ///   - questions: all there are; what is not among them is forgotten.
    ///   - now: a clock that never goes back.
    /// - Returns: at most `limit`.
    func take(from questions: [GateQuestion], at now: Timestamp, limit: Int) -> [GateQuestion] {
        asked.withLock { asked in
            // Of a cell that bakes no more, or anew.
            let known = Dictionary(questions.map { ($0.key, $0.attempt) }) { first, _ in first }
            asked = asked.filter { $1.isUnderWay || known[$0] == $1.attempt }
            let due = questions.compactMap { question -> (at: Timestamp, question: GateQuestion)? in
                let last = asked[question.key]
                guard last?.isUnderWay != true else { return nil }
                let at = question.dueAt(asked: last?.at)
                return at <= now ? (at, question) : nil
            }
            let taken = due.sorted { ($0.at, $0.question.cell) < ($1.at, $1.question.cell) }
                .prefix(limit).map(\.question)
            for question in taken {
                asked[question.key] = Asked(attempt: question.attempt, at: now, isUnderWay: true)
            }
            return taken
        }
    }

    /// The question has been answered, or given up.
    func putBack(_ question: GateQuestion) {
        asked.withLock { $0[question.key]?.isUnderWay = false }
    }
}
