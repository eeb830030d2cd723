extension Writer {
    private static let groupLengthMax = 64

    /// Runs the write and those that queue behind it in one transaction, commits it, and answers them all.
    ///
    /// - Throws: a fatal error, after the answers.
    func commitGroup(startingWith first: WriteJob) throws(SQLiteError) {
        let start = MonotonicTime.now
        var group = [first]
        var outcomes: [Outcome] = []
        do throws(SQLiteError) {
            try connection.run("BEGIN IMMEDIATE")
            connection.phase = .group
            outcomes.append(try perform(first))
            while !first.isBulk, group.count < Self.groupLengthMax,
                .now - start < configuration.groupDurationMax,
                let job = queue.nextAtHand()
            {
                group.append(job)
                outcomes.append(try perform(job))
            }
        } catch {
            return try giveUp(group, after: error)
        }
        if outcomes.contains(where: \.isDone) {
            do throws(SQLiteError) {
                connection.phase = .free
                try connection.run("COMMIT")
            } catch {
                // The one failure that is known: the last frame, which makes the others count, found no room.
                if error.isDiskFull { return try giveUp(group, after: error) }
                for job in group { job.fail(OutcomeUnknown(cause: error)) }
                throw error
            }
            configuration.observer?.committed(jobs: group.count, duration: .now - start)
            connection.phase = .reading
            configuration.didCommit(connection)
            connection.phase = .free
        } else {
            do throws(SQLiteError) { try rollBack() } catch { return try giveUp(group, after: error) }
        }
        for outcome in outcomes { outcome.answer() }
    }

    /// How a write of a group ended, to be told when the group has.
    private enum Outcome {
        case done(WriteJob.Answer)
        case failed(WriteJob, any Error)

        var isDone: Bool {
            switch self {
            case .done: true
            case .failed: false
            }
        }

        func answer() {
            switch self {
            case .done(let answer): answer()
            case .failed(let job, let error): job.fail(error)
            }
        }
    }

    /// Runs one write in its savepoint, or a bulk one in the transaction that is its own.
    /// - Throws: the error by which the whole group is lost.
    private func perform(_ job: WriteJob) throws(SQLiteError) -> Outcome {
        if job.isBulk { return try performAlone(job) }
        try connection.run("SAVEPOINT job")
        let answer: WriteJob.Answer
        do {
            answer = try job.run(connection)
            try connection.requireForeignKeysHold()
        } catch {
            // After an error that struck the whole group, these throw it.
            try connection.run("ROLLBACK TO job")
            try connection.run("RELEASE job")
            configuration.didRollBack(false)
            return .failed(job, error)
        }
        if case .group = connection.phase {
            precondition(connection.isInTransaction, "a write ended the transaction that it shares")
        }
        try connection.run("RELEASE job")
        return .done(answer)
    }

    private func performAlone(_ job: WriteJob) throws(SQLiteError) -> Outcome {
        do {
            let answer = try job.run(connection)
            try connection.requireForeignKeysHold()
            precondition(connection.isInTransaction, "a write ended its transaction")
            return .done(answer)
        } catch let error as SQLiteError where error.isDiskFull || error.isFatal {
            throw error
        } catch {
            configuration.didRollBack(false)
            return .failed(job, error)
        }
    }

    /// Undoes the whole group, of which nothing was written, and fails each write of it with the error.
    /// - Throws: what makes it impossible to go on.
    private func giveUp(_ group: [WriteJob], after error: SQLiteError) throws(SQLiteError) {
        var fatal = error.isFatal ? error : nil
        do throws(SQLiteError) { try rollBack() } catch let failed { fatal = fatal ?? failed }
        configuration.didRollBack(true)
        for job in group { job.fail(error) }
        if let fatal { throw fatal }
        if error.isDiskFull { try checkpointer.makeRoom(on: connection) }
    }

    private func rollBack() throws(SQLiteError) {
        connection.phase = .free
        if connection.isInTransaction { try connection.run("ROLLBACK") }
    }
}
