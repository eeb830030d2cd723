import JSON

/// OTLP/HTTP in JSON (opentelemetry-proto, `ExportTraceServiceRequest`): ids in hex, 64-bit numbers as strings,
/// enums as numbers. Only fields of its first stable version, since strict receivers refuse those they don't know.
enum OTLP {
    static func body(_ spans: some Sequence<SpanRecord>, serviceName: String, serviceVersion: String)
        -> [UInt8]
    {
        var writer = JSONWriter(reservingBytes: 64 << 10)
        let resource: [(String, Span.Attribute)] =
            [("service.name", .string(serviceName))]
            + (serviceVersion.isEmpty ? [] : [("service.version", .string(serviceVersion))])
        writer.object {
            list("resourceSpans", &$0) {
                $0.object {
                    $0.key("resource")
                    $0.object { attributes(resource, &$0) }
                    list("scopeSpans", &$0) {
                        $0.object {
                            $0.key("scope")
                            $0.object { $0.member("name", "titan") }
                            list("spans", &$0) { for span in spans { write(span, &$0) } }
                        }
                    }
                }
            }
        }
        return writer.bytes
    }

    /// How many spans the receiver refused although it answered 200 (`partialSuccess`).
    static func rejectedSpans(_ answer: [UInt8]) -> Int {
        let count = (try? JSONValue(parsing: answer))?["partialSuccess"]?["rejectedSpans"]
        return count?.integer.map(Int.init) ?? count?.string.flatMap { Int($0) } ?? 0
    }

    private static func write(_ span: SpanRecord, _ writer: inout JSONWriter) {
        writer.object {
            $0.member("traceId", .string("\(span.context.traceID)"))
            $0.member("spanId", .string("\(span.context.spanID)"))
            if let parent = span.parent { $0.member("parentSpanId", .string("\(parent)")) }
            $0.member("name", .string(span.name))
            $0.member("kind", .integer(span.kind.rawValue))
            $0.member("startTimeUnixNano", .string("\(span.start)"))
            $0.member("endTimeUnixNano", .string("\(span.end)"))
            if !span.attributes.isEmpty { attributes(span.attributes, &$0) }
            switch span.status {
            case .unset: break
            case .ok: $0.member("status", ["code": 1])
            case .error(let message):
                $0.member("status", ["code": 2, "message": .string(message.cut(toBytes: textBytesMax))])
            }
        }
    }

    private static let textBytesMax = 2048

    private static func attributes(_ attributes: [(String, Span.Attribute)], _ writer: inout JSONWriter) {
        list("attributes", &writer) {
            for (name, value) in attributes {
                let typed: JSONValue =
                    switch value {
                    case .string(let text): ["stringValue": .string(text.cut(toBytes: textBytesMax))]
                    case .integer(let number): ["intValue": .string("\(number)")]
                    case .number(let number): ["doubleValue": .number(number)]
                    case .bool(let truth): ["boolValue": .bool(truth)]
                    }
                $0.value(["key": .string(name), "value": typed])
            }
        }
    }

    private static func list(
        _ name: String, _ writer: inout JSONWriter, _ elements: (inout JSONWriter) -> Void
    ) {
        writer.key(name)
        writer.array(elements)
    }
}
