import Glibc
import JSON
import Logging
import Testing

@testable import Telemetry

@Suite("JSONLogHandler")
struct JSONLogHandlerTests {
    private struct Failure: Error, CustomStringConvertible { let description = "disk full" }

    private func line(
        _ metadata: Logger.Metadata? = nil, level: Logger.Level = .info, error: (any Error)? = nil,
        of handler: JSONLogHandler = JSONLogHandler(label: "store", level: .info),
        at time: timespec = timespec()
    ) -> String {
        let event = LogEvent(
            level: level, message: "Cell registered", error: error, metadata: metadata, source: nil,
            file: "Store/Cells.swift", function: "f", line: 1)
        return text(handler.line(event, at: time))
    }

    @Test("A line is time, level, message and logger, then the fields by name")
    func golden() {
        let fields: Logger.Metadata = [
            "requestId": "r-1", "cell": "cell-\"1\"\n", "durationSeconds": "\(0.25)",
            "count": .stringConvertible(3), "ratio": .stringConvertible(0.5), "dry": .stringConvertible(true),
            "zones": ["a", "b"], "endpoint": ["order": "10.0.0.1:80", "inventory": ["x"]],
        ]
        #expect(
            line(fields, level: .warning, at: timespec(tv_sec: 1_767_225_599, tv_nsec: 7_999_999))
                == #"{"time":"2025-12-31T23:59:59.007Z","level":"warning","message":"Cell registered","#
                + #""logger":"store","cell":"cell-\"1\"\n","count":3,"dry":true,"durationSeconds":"0.25","#
                + #""endpoint":{"inventory":["x"],"order":"10.0.0.1:80"},"ratio":0.5,"requestId":"r-1","#
                + #""zones":["a","b"]}"# + "\n")
    }

    @Test("A field of a name that the line itself has gets another one")
    func names() throws {
        let value = try JSONValue(parsing: Array(line(["level": "5", "time": "t"]).utf8))
        #expect(value["level"] == "info")
        #expect(value["level_"] == "5")
        #expect(value["time_"] == "t")
    }

    @Test("The event's own fields win over the provider's, those over the logger's")
    func precedence() throws {
        var handler = JSONLogHandler(label: "store", level: .info)
        handler.metadata = ["a": "logger", "b": "logger", "c": "logger"]
        handler[metadataKey: "d"] = "logger"
        handler.metadataProvider = .init { ["b": "provider", "c": "provider"] }
        let value = try JSONValue(parsing: Array(line(["c": "event"], of: handler).utf8))
        #expect(["a", "b", "c", "d"].map { value[$0]?.string } == ["logger", "provider", "event", "logger"])
        #expect(handler[metadataKey: "a"] == "logger")
    }

    @Test("An error is a field")
    func error() throws {
        let value = try JSONValue(parsing: Array(line(error: Failure()).utf8))
        #expect(value["error"] == "disk full")
    }

    @Test("A field over 2 KB is cut, a list as the text that it is")
    func cut() throws {
        let long = String(repeating: "é", count: 5000)
        let fields: Logger.Metadata = [
            "text": .string(long), "other": .stringConvertible(Substring(long)),
            "list": .array(Array(repeating: "abc", count: 1000)),
            "fits": .array(Array(repeating: "abc", count: 300)),
        ]
        let value = try JSONValue(parsing: Array(line(fields).utf8))
        for name in ["text", "other", "list"] {
            let field = try #require(value[name]?.string)
            #expect((2040...2048).contains(field.utf8.count))
            #expect(field.hasSuffix("…"))
        }
        #expect(value["list"]?.string?.hasPrefix(#"["abc","abc""#) == true)
        #expect(value["fits"]?.array?.count == 300)
    }

    @Test("A logger writes what reaches its level, a line for each event, from many tasks at once")
    func logger() async throws {
        let lines = try await logged { output in
            let logger = Logger(label: "store") { JSONLogHandler(label: $0, level: .notice, output: output) }
            logger.info("Not this")
            await withTaskGroup { group in
                for worker in 0..<8 {
                    group.addTask {
                        for number in 0..<50 {
                            logger.error("This", metadata: ["worker": "\(worker)", "number": "\(number)"])
                        }
                    }
                }
            }
        }
        let values = try lines.split(separator: "\n").map { try JSONValue(parsing: Array($0.utf8)) }
        #expect(values.count == 400)
        #expect(
            values.allSatisfy { $0["message"] == "This" && $0["level"] == "error" && $0["logger"] == "store" }
        )
        #expect(Set(values.map { "\($0["worker"]!) \($0["number"]!)" }).count == 400)
    }
}
