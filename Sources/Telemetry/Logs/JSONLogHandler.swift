import Glibc
import JSON
import Logging

/// Writes each event as one line of JSON: `time`, `level`, `message` and `logger`, then its metadata by name.
///
/// A field over `fieldBytesMax` is cut: a log line is for finding, not for keeping.
public struct JSONLogHandler: LogHandler {
    static let fieldBytesMax = 2048

    public var logLevel: Logger.Level
    public var metadata: Logger.Metadata = [:]
    public var metadataProvider: Logger.MetadataProvider?
    private let label: String
    private let output: LogOutput

    public init(label: String, level: Logger.Level, output: LogOutput = .standardError) {
        self.label = label
        self.logLevel = level
        self.output = output
    }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    public func log(event: LogEvent) {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        output.write(line(event, at: now)) { lost in
            let told = LogEvent(
                level: .warning, message: "log lines were lost",
                metadata: ["count": .stringConvertible(lost)],
                source: "Telemetry", file: #fileID, function: #function, line: #line)
            return line(told, at: now)
        }
    }

    /// The event with the line's end. What is nearer to the event wins: its own metadata over the provider's, that
    /// over the logger's.
    func line(_ event: LogEvent, at time: timespec) -> [UInt8] {
        var fields = metadata
        fields.merge(metadataProvider?.get() ?? [:]) { $1 }
        if let error = event.error { fields["error"] = "\(error)" }
        fields.merge(event.metadata ?? [:]) { $1 }

        var writer = JSONWriter(reservingBytes: 512)
        writer.object { writer in
            writer.member("time", .string(rfc3339(time)))
            writer.member("level", .string(event.level.rawValue))
            writer.member("message", .string(event.message.description.cut(toBytes: Self.fieldBytesMax)))
            writer.member("logger", .string(label))
            for (name, value) in fields.sorted(by: { $0.key < $1.key }) {
                // A name once in an object; the four above keep theirs.
                writer.member(Self.ownNames.contains(name) ? name + "_" : name, json(value))
            }
        }
        writer.endLine()
        return writer.bytes
    }

    private static let ownNames: Set = ["time", "level", "message", "logger"]

    private func json(_ value: Logger.MetadataValue) -> JSONValue {
        switch value {
        case .string(let text): return .string(text.cut(toBytes: Self.fieldBytesMax))
        case .stringConvertible(let value as Int): return .integer(Int64(value))
        case .stringConvertible(let value as Double): return .number(value)
        case .stringConvertible(let value as Bool): return .bool(value)
        case .stringConvertible(let value):
            return .string(value.description.cut(toBytes: Self.fieldBytesMax))
        case .array, .dictionary:
            var writer = JSONWriter()
            let whole = nested(value)
            writer.value(whole)
            if writer.bytes.count <= Self.fieldBytesMax { return whole }
            return .string(String(decoding: writer.bytes, as: UTF8.self).cut(toBytes: Self.fieldBytesMax))
        }
    }

    private func nested(_ value: Logger.MetadataValue) -> JSONValue {
        switch value {
        case .array(let values): .array(values.map(nested))
        case .dictionary(let members):
            .object(
                JSONObject(
                    uniqueMembers: members.sorted { $0.key < $1.key }.map { ($0.key, nested($0.value)) }))
        case .string, .stringConvertible: json(value)
        }
    }
}

/// RFC 3339 in UTC with milliseconds.
private func rfc3339(_ time: timespec) -> String {
    func digits(_ number: some BinaryInteger, _ count: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, count - text.utf8.count)) + text
    }
    var seconds = time.tv_sec
    var utc = tm()
    gmtime_r(&seconds, &utc)
    let day = "\(digits(utc.tm_year + 1900, 4))-\(digits(utc.tm_mon + 1, 2))-\(digits(utc.tm_mday, 2))"
    let clock = "\(digits(utc.tm_hour, 2)):\(digits(utc.tm_min, 2)):\(digits(utc.tm_sec, 2))"
    return "\(day)T\(clock).\(digits(time.tv_nsec / 1_000_000, 3))Z"
}
