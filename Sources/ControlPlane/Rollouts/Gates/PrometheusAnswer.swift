import HTTPClient
import JSON

/// Prometheus's answer to an instant query, as its HTTP API has it.
enum PrometheusAnswer: Equatable {
    /// Of each series at that instant; of a scalar its one. None: there is no such series.
    case values([Double])
    /// There is nothing to judge by, and why: not yet fit to be shown.
    case none(String)

    init(_ response: ClientResponse) {
        guard case .object(let answer)? = try? JSONValue(parsing: response.body) else {
            self = .none("Prometheus answered \(response.status), and not in its own words.")
            return
        }
        guard response.isSuccess, answer["status"]?.string == "success" else {
            let reason = answer["error"]?.string ?? "it does not say why"
            self = .none("Prometheus answered \(response.status): \(reason)")
            return
        }
        // Some of what was asked is not in the answer, or was added up wrongly. What `infos` hold is advice.
        if let warning = answer["warnings"]?.array?.first {
            self = .none("Prometheus warns of its answer: \(warning.string ?? "it does not say of what")")
            return
        }
        self = Self.read(answer["data"] ?? .null)
    }

    private static func read(_ data: JSONValue) -> PrometheusAnswer {
        let samples: [JSONValue?]
        switch data["resultType"]?.string {
        case "scalar": samples = [data["result"]]
        case "vector": samples = (data["result"]?.array ?? [.null]).map { $0["value"] }
        case let type:
            return .none(
                "The query gives \(type.map { "a \($0)" } ?? "no result"), and a gate needs a vector or a scalar."
            )
        }
        var values: [Double] = []
        for sample in samples {
            // `[time, "value"]`; a native histogram stands under another name.
            guard let pair = sample?.array, pair.count == 2, let value = pair[1].string.flatMap(number) else {
                return .none("The query gives samples without a single value, as of a native histogram.")
            }
            values.append(value)
        }
        return .values(values)
    }

    /// Numbers as Go writes them.
    private static func number(_ text: String) -> Double? {
        switch text {
        case "NaN": .nan
        case "+Inf": .infinity
        case "-Inf": -.infinity
        default: Double(text)
        }
    }
}
