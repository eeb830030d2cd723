/// A write in the queue, its result type forgotten. Exactly one of its answers is given.
struct WriteJob: Sendable {
    /// Answers with the body's result.
    typealias Answer = @Sendable () -> Void

    /// Has a transaction to itself.
    let isBulk: Bool
    /// Runs the body and keeps its result for the answer. Throws what the body throws.
    let run: @Sendable (Connection) throws -> Answer
    /// Answers with an error.
    let fail: @Sendable (any Error) -> Void

    init<T: Sendable>(
        _ body: @escaping @Sendable (Connection) throws -> T,
        isBulk: Bool,
        _ completion: @escaping @Sendable (Result<T, any Error>) -> Void
    ) {
        self.isBulk = isBulk
        run = { connection in
            let value = try body(connection)
            return { completion(.success(value)) }
        }
        fail = { completion(.failure($0)) }
    }
}
