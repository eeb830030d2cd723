import JSON

/// How far a wave goes, as the strategy says it.
public enum WaveSpec: Sendable, Equatable {
    /// Once it has baked, so many of all the cells are on the release; those of the waves before it are counted in, and a
    /// share is rounded up.
    case upTo(CountOrPercent)
    /// All that is left of the zone.
    case zone(String)

    static let rule =
        "must be a percentage like \"10%\", a number of cells from 1, or {\"zone\": \"us-east-1a\"}"

    init?(_ value: JSONValue) {
        if let zone = value["zone"]?.string, value.object?.count == 1, Names.isWord(zone) {
            self = .zone(zone)
        } else if let share = CountOrPercent(value), share != .count(0),
            share != .percent(Percentage(basisPoints: 0)!)
        {
            self = .upTo(share)
        } else {
            return nil
        }
    }

    public var document: JSONValue {
        switch self {
        case .upTo(let share): share.document
        case .zone(let zone): ["zone": .string(zone)]
        }
    }

    /// Without waves of the request's own: a tenth, a half, all; and one cell before them where no canary is named.
    public static func standard(hasCanary: Bool) -> [WaveSpec] {
        let first: [WaveSpec] = hasCanary ? [] : [.upTo(.count(1))]
        return first + [1000, 5000, 10_000].map { .upTo(.percent(Percentage(basisPoints: $0)!)) }
    }
}
