import CSQLite
import Glibc

/// The writer's thread and what only it touches. `Database+Write.swift` explains the whole.
final class Writer {
    let connection: Connection
    let configuration: Database.Configuration
    let queue: WriteQueue
    var checkpointer: Checkpointer

    /// How long nothing must have come before the log is checkpointed although it is short.
    private static let idleDelay = Duration.seconds(1)

    /// Starts the thread, which takes the connection over and ends when the queue is closed.
    /// - Throws: `FileError` if the system has no thread to give.
    static func start(
        _ connection: Connection, _ configuration: Database.Configuration, _ queue: WriteQueue
    ) throws {
        let writer = unsafe Unmanaged.passRetained(Writer(connection, configuration, queue))
        var thread = pthread_t()
        let code = unsafe pthread_create(&thread, nil, runWriter, writer.toOpaque())
        guard code == 0 else {
            unsafe writer.release()
            throw FileError(operation: "pthread_create", path: connection.path, errno: code)
        }
        pthread_detach(thread)
    }

    private init(_ connection: Connection, _ configuration: Database.Configuration, _ queue: WriteQueue) {
        self.connection = connection
        self.configuration = configuration
        self.queue = queue
        checkpointer = Checkpointer(observer: configuration.observer)
    }

    /// Runs it to its end, closes its connection and frees the lock.
    /// - Returns: the queue, which is to be told.
    fileprivate static func run(_ writer: consuming Writer) -> WriteQueue {
        writer.run()
        return writer.queue
    }

    private func run() {
        while true {
            do {
                switch queue.next(idleAfter: checkpointer.isBehind ? Self.idleDelay : nil) {
                case .write(let job):
                    if let full = try checkpointer.lackOfRoom(on: connection) {
                        job.fail(full)
                    } else {
                        try commitGroup(startingWith: job)
                        try checkpointer.committed(on: connection)
                    }
                case .idle:
                    try checkpointer.idle(on: connection)
                case .close:
                    try checkpointer.close(on: connection)
                    return
                }
            } catch {
                stop(after: error)
                return
            }
        }
    }

    /// The end after a fatal error, whose group has been answered.
    private func stop(after error: SQLiteError) {
        for job in queue.fail(error) { job.fail(DatabaseClosed(cause: error)) }
        configuration.onFatal(error)
        queue.waitForClose()
    }
}

/// The thread's first function; it owns the writer, and with it the connection and its lock.
private func runWriter(_ start: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let start = unsafe start else { return nil }
    unsafe csqlite_name_thread("sqlite-writer")
    let queue = Writer.run(unsafe Unmanaged<Writer>.fromOpaque(start).takeRetainedValue())
    queue.end()
    return nil
}
