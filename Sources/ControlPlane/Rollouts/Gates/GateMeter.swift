import HTTPClient
import Registry

/// Measures gates: each question becomes one piece of evidence.
///
/// Whatever is heard is evidence about the cell, never an error: a cell that does not answer is bad, and where nothing
/// could be asked there is nothing to judge by.
struct GateMeter: Sendable {
    private let settings: GateSettings
    private let prometheus: Prometheus?
    private let prober: HTTPClient
    private let threads = CallThreads(max: Limits.gateCallsMax)

    init(_ settings: GateSettings) {
        self.settings = settings
        prometheus = settings.prometheus.map(Prometheus.init)
        var configuration = ClientConfiguration()
        // The policy allows it to the operator's own destinations alone.
        configuration.allowsPlainHTTP = true
        configuration.destinations = .publicOnly(allow: settings.probeAllow)
        configuration.responseBytesMax = Limits.probeAnswerBytesMax
        configuration.fieldsBytesMax = 16 << 10
        prober = HTTPClient(configuration)
    }

    /// - Parameter cell: as the registry has it; nil where it is gone.
    /// - Returns: nil where there was no time or thread to ask in, which says nothing of the cell.
    func measure(_ question: GateQuestion, on cell: Cell?, at now: RolloutTime) async -> GateEvidence? {
        guard let cell else {
            return question.evidence(.missing, "The cell is not in the registry any more.", at: now.steady)
        }
        switch question.gate.measure {
        case .health: return Self.health(question, of: cell.health, at: now)
        case .probe(let service, let path):
            guard let endpoint = cell.endpoints[service] else {
                return question.evidence(.missing, "The cell has no endpoint of \(service).", at: now.steady)
            }
            return await threads.run { probe(question, "http://\(endpoint)\(path)", at: now.steady) }
        case .prometheus(let query):
            guard let prometheus else {
                return question.evidence(
                    .missing,
                    "This server does not know where Prometheus is: start it with --prometheus-url URL.",
                    at: now.steady)
            }
            return await threads.run {
                let text = query.text(for: question.cell, release: question.release)
                let answer = prometheus.ask(text, at: now.wall, within: question.gate.timeout)
                return Self.judge(answer, by: query, question, at: now.steady)
            }
        }
    }

    /// The cell's health as it was reported: evidence of the time when it was observed, so that one report counts once,
    /// and none from before the change at all.
    static func health(_ question: GateQuestion, of health: CellHealth, at now: RolloutTime) -> GateEvidence {
        guard health.status != .unknown else {
            return question.evidence(.missing, "Nobody has reported the cell's health.", at: now.steady)
        }
        guard let reportedAt = health.observedAt else {
            return question.evidence(
                .missing, "The cell is reported \(health.status.rawValue), but not when that was observed.",
                at: now.steady)
        }
        let observedAt = now.steady(of: reportedAt)
        guard observedAt >= question.changedAt else {
            return question.evidence(
                .missing,
                "The cell was last reported \(health.status.rawValue) at \(reportedAt), before it was changed.",
                at: now.steady)
        }
        let message = [health.status.rawValue, health.message].filter { !$0.isEmpty }.joined(separator: ": ")
        var evidence = question.evidence(
            health.status == .healthy ? .good : .bad, "reported \(message)", at: observedAt)
        evidence.reportedAt = reportedAt
        return evidence
    }

    /// GET, and 2xx is good. A redirect is another answer: it says that the endpoint is elsewhere.
    private func probe(_ question: GateQuestion, _ url: String, at now: Timestamp) -> GateEvidence {
        let seconds = Double(question.gate.timeout.milliseconds) / 1000
        let limits = TimeLimits(connectSeconds: min(seconds, 3), totalSeconds: seconds, idleSeconds: nil)
        do throws(ClientError) {
            let response = try prober.send(ClientRequest("GET", url, timeLimits: limits))
            return question.evidence(
                response.isSuccess ? .good : .bad, value: Double(response.status),
                "GET \(url) answered \(response.status)", at: now)
        } catch {
            switch error {
            case .refusedDestination(let message):
                return question.evidence(.missing, "\(message) (\(GateSettings.allowOption))", at: now)
            case .badURL(let message), .badField(let message), .other(let message):
                return question.evidence(.missing, message, at: now)
            case .couldNotResolve, .couldNotConnect, .timedOut, .tls, .tooLarge, .closed, .stopped:
                return question.evidence(.bad, "GET \(url): \(error.message)", at: now)
            }
        }
    }

    /// What the answer says of the cell, in words with its figures.
    static func judge(
        _ answer: PrometheusAnswer, by query: PrometheusQuery, _ question: GateQuestion, at now: Timestamp
    ) -> GateEvidence {
        switch answer {
        case .none(let reason): return question.evidence(.missing, reason, at: now)
        case .values(let values):
            let against = values.filter { !query.comparison.holds($0, query.threshold) }
            let outcome = query.outcome(of: values)
            guard outcome != .missing, let value = against.first ?? values.first else {
                return question.evidence(
                    .missing, values.isEmpty ? "The query gives no series." : "The query gives NaN.", at: now)
            }
            let share = outcome == .good ? "all \(values.count)" : "\(against.count) of \(values.count)"
            return question.evidence(
                outcome, value: value,
                "\(value) is \(outcome == .good ? "" : "not ")\(query.comparison.rawValue) \(query.threshold)"
                    + (values.count == 1 ? "" : ", in \(share) series"), at: now)
        }
    }
}
