import JSON

/// That somebody has looked whether a backup is any good: who, when, how, and what came of it.
public struct BackupVerification: Sendable, Equatable {
    public enum Result: String, Sendable, CaseIterable {
        case passed, failed
    }

    /// How: `checksum`, `restore`, or whatever word says it.
    public var method: String
    public var result: Result
    public var by: String
    public var at: Timestamp
    public var message: String

    public init(method: String, result: Result, by: String, at: Timestamp, message: String = "") {
        self.method = method
        self.result = result
        self.by = by
        self.at = at
        self.message = message
    }

    public var isPassed: Bool { result == .passed }

    /// What `:verify` takes.
    ///
    /// - Parameter now: when it was done, where it does not say so.
    /// - Throws: `invalidArgument` with every field that is wrong.
    public init(document: JSONValue, by: String, now: Timestamp) throws(RegistryError) {
        let reader = try DocumentReader(document)
        _ = reader.string("reason", bytesMax: Limits.reasonBytesMax)
        let method = reader.required(
            "method", reader.parsed("method", Names.wordRule) { Names.isWord($0) ? $0 : nil })
        let result: Result? = reader.required("result", reader.choice("result"))
        let at = reader.timestamp("verifiedAt")
        let message = reader.string("message", bytesMax: Limits.reportMessageBytesMax)
        try reader.finish()
        self.init(
            method: method ?? "", result: result ?? .failed, by: by, at: at ?? now, message: message ?? "")
    }

    public var document: JSONValue {
        [
            "method": .string(method), "result": .string(result.rawValue), "by": .string(by),
            "at": .string(at.description), "message": .string(message),
        ]
    }

    /// Nil unless it is what `document` writes.
    public init?(kept document: JSONValue) {
        guard let method = document["method"]?.string,
            let result = document["result"]?.string.flatMap(Result.init), let by = document["by"]?.string,
            let at = document["at"]?.string.flatMap(Timestamp.init),
            let message = document["message"]?.string
        else { return nil }
        self.init(method: method, result: result, by: by, at: at, message: message)
    }
}
