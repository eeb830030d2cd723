import Logging
import Synchronization

/// What the API has logged, each line as its message and its operation.
final class CapturedLog: Sendable {
    private let kept = Mutex<[String]>([])

    var lines: [String] { kept.withLock { $0 } }

    struct Handler: LogHandler {
        let log: CapturedLog
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.info

        init(log: CapturedLog) { self.log = log }

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let operation = event.metadata?["operation"].map { ": \($0)" } ?? ""
            log.kept.withLock { $0.append("\(event.message)\(operation)") }
        }
    }
}
