/// A content coding this server can send (RFC 9110 §8.4.1, RFC 8878 for zstd).
public enum ContentCoding: String, Sendable, CaseIterable {
    case identity
    case gzip
    case zstd
}

/// What codings a client accepts (RFC 9110 §12.5.3).
public struct AcceptEncoding: Sendable {
    /// Weights in thousandths by lower-case name; `*` stands for those not named.
    private let weights: [(name: String, thousandths: Int)]

    public init(_ fieldValue: String?) {
        guard let fieldValue else {
            weights = []
            return
        }
        weights = FieldList.split(fieldValue, at: UInt8(ascii: ",")).compactMap { member in
            let parts = FieldList.split(String(member), at: UInt8(ascii: ";"))
            guard let name = parts.first, FieldList.isToken(name) else { return nil }
            guard parts.count > 1 else { return (name.lowercased(), 1_000) }
            guard let weight = FieldList.parameter(parts[1]), weight.name == "q",
                let thousandths = FieldList.thousandths(weight.value)
            else { return nil }
            return (name.lowercased(), thousandths)
        }
    }

    /// The candidate that the client weighs most, the earlier among equals; identity where it wants no other.
    ///
    /// Nil where even identity is refused (`identity;q=0`, or `*;q=0` without naming one): 406, or identity
    /// all the same (§12.5.3 allows both).
    public func preferred(among candidates: [ContentCoding]) -> ContentCoding? {
        var best: (coding: ContentCoding, weight: Int)?
        for coding in candidates where coding != .identity {
            let weight = weight(of: coding) ?? 0
            if weight > best?.weight ?? 0 { best = (coding, weight) }
        }
        let identity = weight(of: .identity)
        if let best, best.weight >= identity ?? 0 { return best.coding }
        return identity == 0 ? nil : .identity
    }

    private func weight(of coding: ContentCoding) -> Int? {
        weights.first { $0.name == coding.rawValue }?.thousandths
            ?? weights.first { $0.name == "x-gzip" && coding == .gzip }?.thousandths
            ?? weights.first { $0.name == "*" }?.thousandths
    }
}
