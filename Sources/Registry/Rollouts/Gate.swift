import JSON

/// A measured condition of a cell that lets its wave go on.
public struct Gate: Sendable, Equatable {
    public enum Measure: Sendable, Equatable {
        /// The cell's health as the registry has it: what its agent or an operator last reported.
        case health
        /// An HTTP GET of one of the cell's endpoints; 2xx is good.
        case probe(service: String, path: String)
        /// A query to Prometheus.
        case prometheus(PrometheusQuery)
    }

    /// What it means where a measurement says nothing: no such series, no report, no answer from Prometheus. An endpoint
    /// that does not answer is no missing data: it is bad.
    public enum OnMissing: String, Sendable, CaseIterable {
        /// It waits for data, until the progress deadline.
        case wait
        case fail
        case pass
    }

    public var name: String
    public var measure: Measure
    /// Between two measurements.
    public var interval: Duration
    public var timeout: Duration
    /// So much bad evidence in a row fails the cell; less is taken for a flap, which starts the bake clock anew.
    public var failureThreshold: Int
    /// So much good evidence in a row passes it.
    public var successThreshold: Int
    public var onMissing: OnMissing

    public init(
        name: String, measure: Measure, interval: Duration = .seconds(10), timeout: Duration = .seconds(5),
        failureThreshold: Int = 3, successThreshold: Int = 1, onMissing: OnMissing = .wait
    ) {
        self.name = name
        self.measure = measure
        self.interval = interval
        self.timeout = timeout
        self.failureThreshold = failureThreshold
        self.successThreshold = successThreshold
        self.onMissing = onMissing
    }

    /// How far back one measurement reaches.
    public var window: Duration {
        switch measure {
        case .health, .probe: .zero
        case .prometheus(let query): query.window
        }
    }
}

extension Gate {
    private enum Kind: String, CaseIterable {
        case health, probe, prometheus
    }

    init?(from reader: DocumentReader) {
        let name = reader.required(
            "name", reader.parsed("name", Names.wordRule) { Names.isWord($0) ? $0 : nil })
        let kind: Kind? = reader.required("type", reader.choice("type"))
        let service = reader.parsed("service", Names.dnsLabelRule) { Names.isDNSLabel($0) ? $0 : nil }
        let path = reader.parsed("path", Self.pathRule) { Self.isPath($0) ? $0 : nil }
        let query = PrometheusQuery(from: reader, isAsked: kind == .prometheus)
        let thresholds = 1...Limits.gateThresholdMax
        let usual = Gate(name: "", measure: .health)
        let gate = Gate(
            name: name ?? "", measure: .health,
            interval: reader.duration("interval", in: Limits.gateIntervals) ?? usual.interval,
            timeout: reader.duration("timeout", in: Limits.gateTimeouts) ?? usual.timeout,
            failureThreshold: reader.integer("failureThreshold", in: thresholds).map(Int.init)
                ?? usual.failureThreshold,
            successThreshold: reader.integer("successThreshold", in: thresholds).map(Int.init)
                ?? usual.successThreshold,
            onMissing: reader.choice("onMissing") ?? usual.onMissing)
        if kind != .probe {
            for field in ["service", "path"] where reader.has(field) {
                reader.report(field, "belongs to the type probe; leave it out")
            }
        }
        guard name != nil, let kind else { return nil }
        self = gate
        switch kind {
        case .health: break
        case .probe:
            guard let service = reader.required("service", service) else { return nil }
            measure = .probe(service: service, path: path ?? "/health/live")
        case .prometheus:
            guard let query else { return nil }
            measure = .prometheus(query)
        }
    }

    private static let pathRule =
        "must begin with '/' and be at most \(Limits.gatePathBytesMax) bytes of ASCII without spaces, '#' and '\\'"

    private static func isPath(_ text: String) -> Bool {
        text.hasPrefix("/") && text.utf8.count <= Limits.gatePathBytesMax
            && text.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != 0x23 && $0 != 0x5C }
    }

    public var document: JSONValue {
        var object: JSONObject = ["name": .string(name)]
        switch measure {
        case .health: object["type"] = "health"
        case .probe(let service, let path):
            object["type"] = "probe"
            object["service"] = .string(service)
            object["path"] = .string(path)
        case .prometheus(let query):
            object["type"] = "prometheus"
            for (key, value) in query.document { object[key] = value }
        }
        object["interval"] = .string(interval.goInWholeNumbers)
        object["timeout"] = .string(timeout.goInWholeNumbers)
        object["failureThreshold"] = .integer(Int64(failureThreshold))
        object["successThreshold"] = .integer(Int64(successThreshold))
        object["onMissing"] = .string(onMissing.rawValue)
        return .object(object)
    }
}
