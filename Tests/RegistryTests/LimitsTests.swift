import Testing

@Suite("Limits")
struct LimitsTests {
    @Test("docs/limits.md lists every limit with its figure, and no other")
    func documented() throws {
        let source = try TextFile.read(TextFile.package + "Sources/Registry/Limits.swift")
        let limits = source.split(separator: "\n").compactMap(Self.declared)
        #expect(limits.count > 30)
        let page = try TextFile.read(TextFile.package + "docs/limits.md")
        let rows = page.split(separator: "\n").compactMap(Self.row)
        let shown = Dictionary(rows, uniquingKeysWith: { first, _ in first })
        #expect(shown.count == rows.count, "a limit is listed twice")
        for (name, value) in limits { #expect(shown[name].map(Self.figure) == Self.figure(value), "\(name)") }
        #expect(Set(shown.keys).subtracting(limits.map(\.0)) == [], "these are listed, and are no limits")
    }

    /// `public static let name: Type = value`
    private static func declared(_ line: Substring) -> (String, String)? {
        let line = line.drop { $0 == " " }
        let start = "public static let "
        guard line.hasPrefix(start), let equals = line.firstIndex(of: "=") else { return nil }
        let name = line.dropFirst(start.count).prefix { $0.isLetter || $0.isNumber }
        return (String(name), line[line.index(after: equals)...].drop { $0 == " " }.description)
    }

    /// `| `name` | value | …`
    private static func row(_ line: Substring) -> (String, String)? {
        let fields = line.split(separator: "|", omittingEmptySubsequences: false).map { field in
            String(field.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        }
        guard fields.count >= 4, fields[1].hasPrefix("`"), fields[1].hasSuffix("`"), fields[1].count > 2
        else { return nil }
        return (String(fields[1].dropFirst().dropLast()), fields[2])
    }

    /// The number that `256 * 1024`, `1_000`, `10,000`, `Duration.seconds(24 * 3600)`, `262144 bytes` or `86400 s` says.
    private static func figure(_ text: String) -> Int? {
        let factors = text.split(separator: "*").map { factor in Int(factor.filter(\.isNumber)) }
        return factors.reduce(1) { product, factor in factor.flatMap { factor in product.map { $0 * factor } }
        }
    }
}
