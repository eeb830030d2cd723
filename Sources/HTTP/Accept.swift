/// What a client accepts (RFC 9110 §12.5.1), and which of the server's media types suits it best.
///
/// Members that are malformed are skipped, as browsers rely on; an absent field accepts everything.
public struct Accept: Sendable {
    private struct Weighed: Sendable {
        var type: String
        var subtype: String
        var thousandths: Int

        /// How exactly the range names the type; nil where it does not cover it.
        func specificity(for media: MediaType) -> Int? {
            if type == media.type, subtype == media.subtype { return 2 }
            if type == media.type, subtype == "*" { return 1 }
            return type == "*" && subtype == "*" ? 0 : nil
        }
    }

    private let ranges: [Weighed]?

    public init(_ fieldValue: String?) {
        ranges = fieldValue.map { value in
            FieldList.split(value, at: UInt8(ascii: ",")).compactMap { member in
                guard let media = MediaType(parsing: String(member)) else { return nil }
                let weight = media[parameter: "q"].map(FieldList.thousandths) ?? 1_000
                return weight.map { Weighed(type: media.type, subtype: media.subtype, thousandths: $0) }
            }
        }
    }

    /// The candidate that the client weighs most, the earlier among equals; nil where it accepts none (406).
    public func preferred(among candidates: [MediaType]) -> MediaType? {
        guard let ranges else { return candidates.first }
        var best: (media: MediaType, weight: Int)?
        for media in candidates {
            let covering = ranges.compactMap { range in
                range.specificity(for: media).map { (specificity: $0, weight: range.thousandths) }
            }
            guard let weight = covering.max(by: { $0.specificity < $1.specificity })?.weight, weight > 0
            else { continue }
            if weight > best?.weight ?? 0 { best = (media, weight) }
        }
        return best?.media
    }
}
