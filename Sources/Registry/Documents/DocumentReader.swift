import JSON

/// Reads a JSON object field by field and gathers everything that is wrong with it, so that one answer tells all.
///
/// Each accessor returns nil both where the field is absent and where it is wrong; `finish()` names the fields that
/// nobody asked for and throws if anything was wrong, so a nil that matters never gets past it.
public final class DocumentReader {
    private let object: JSONObject
    private let path: String
    private let findings: Findings
    /// Written by another program, by its own rules: fields that nobody asks for are its business, and null is absent.
    private let isForeign: Bool
    /// Few enough that a scan costs less than a hash.
    private var asked: [String] = []

    /// The errors of a document and all the objects inside it.
    private final class Findings {
        var errors: [FieldError] = []
    }

    public convenience init(_ value: JSONValue) throws(RegistryError) {
        guard case .object(let object) = value else {
            throw RegistryError(.invalidArgument, "The body must be a JSON object.")
        }
        self.init(object, path: "", findings: Findings(), isForeign: false)
    }

    /// Of an object that another program has written.
    convenience init(foreign object: JSONObject) {
        self.init(object, path: "", findings: Findings(), isForeign: true)
    }

    private init(_ object: JSONObject, path: String, findings: Findings, isForeign: Bool) {
        self.object = object
        self.path = path
        self.findings = findings
        self.isForeign = isForeign
    }

    /// What names of tokens, zones and stores are made of.
    public static func isWord(_ text: String) -> Bool { Names.isWord(text) }

    /// True where the field is there, whatever it holds.
    public func has(_ key: String) -> Bool { object[key].map { !(isForeign && $0.isNull) } ?? false }

    public func report(_ key: String, _ message: String) {
        findings.errors.append(FieldError(path + key, message))
    }

    /// Fields that answers carry and requests may repeat, so that what was read can be sent back. They are ignored.
    public func ignore(_ keys: String...) { asked += keys }

    public func finish() throws(RegistryError) {
        refuseUnknown()
        guard findings.errors.isEmpty else {
            let first = findings.errors[0]
            let more = findings.errors.count > 1 ? " (and \(findings.errors.count - 1) more)" : ""
            throw RegistryError(
                .invalidArgument, "The field '\(first.field)' \(first.message)\(more).",
                errors: findings.errors)
        }
    }

    private func refuseUnknown() {
        for key in object.keys where !isForeign && !asked.contains(key) {
            report(key, "is not a field here; known are \(Set(asked).sorted().joined(separator: ", "))")
        }
    }

    private func value(_ key: String) -> JSONValue? {
        asked.append(key)
        return has(key) ? object[key] : nil
    }

    /// What every accessor does: nil for an absent field, a report for one of another type.
    private func read<T>(_ key: String, _ type: @autoclosure () -> String, _ convert: (JSONValue) -> T?) -> T?
    {
        guard let value = value(key) else { return nil }
        guard let converted = convert(value) else {
            report(key, "must be \(type())")
            return nil
        }
        return converted
    }

    public func required<T>(_ key: String, _ value: T?) -> T? {
        if !has(key) { report(key, "is required") }
        return value
    }

    public func string(_ key: String, bytesMax: Int = 1024) -> String? {
        guard let text = read(key, "a string", \.string) else { return nil }
        guard text.utf8.count <= bytesMax else {
            report(key, "must be at most \(bytesMax) bytes")
            return nil
        }
        return text
    }

    /// A string that `convert` understands; `rule` says what it may be.
    public func parsed<T>(_ key: String, _ rule: @autoclosure () -> String, _ convert: (String) -> T?) -> T? {
        guard let text = read(key, "a string", \.string) else { return nil }
        guard let converted = convert(text) else {
            report(key, rule())
            return nil
        }
        return converted
    }

    /// A value of any type that `convert` understands; `rule` says what it may be.
    public func converted<T>(_ key: String, _ rule: String, _ convert: (JSONValue) -> T?) -> T? {
        guard let value = value(key) else { return nil }
        guard let converted = convert(value) else {
            report(key, rule)
            return nil
        }
        return converted
    }

    /// A list whose entries may be of several types, each wrong one reported with its index.
    public func entries<T>(
        _ key: String, countMin: Int = 0, countMax: Int, _ rule: String, _ convert: (JSONValue) -> T?
    ) -> [T]? {
        guard let values = read(key, "a list", \.array) else { return nil }
        guard values.count >= countMin else {
            report(key, "must have at least \(countMin == 1 ? "one entry" : "\(countMin) entries")")
            return nil
        }
        guard values.count <= countMax else {
            report(key, "must have at most \(countMax) entries")
            return nil
        }
        return values.enumerated().compactMap { index, value in
            guard let item = convert(value) else {
                report("\(key)[\(index)]", rule)
                return nil
            }
            return item
        }
    }

    public func choice<T: RawRepresentable & CaseIterable>(_ key: String, _ type: T.Type = T.self) -> T?
    where T.RawValue == String {
        parsed(key, "must be one of \(T.allCases.map(\.rawValue).joined(separator: ", "))") {
            T(rawValue: $0)
        }
    }

    public func integer(_ key: String, in range: ClosedRange<Int64>) -> Int64? {
        read(key, "a whole number from \(range.lowerBound) to \(range.upperBound)") {
            $0.integer.flatMap { range.contains($0) ? $0 : nil }
        }
    }

    public func bool(_ key: String) -> Bool? { read(key, "true or false", \.bool) }

    public func duration(_ key: String, in range: ClosedRange<Duration>) -> Duration? {
        parsed(
            key, "must be a duration like 30s or 1h30m, from \(range.lowerBound.go) to \(range.upperBound.go)"
        ) {
            Duration(go: $0).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    public func timestamp(_ key: String) -> Timestamp? {
        parsed(key, "must be an RFC 3339 time like 2026-01-31T12:03:10Z", Timestamp.init)
    }

    /// A list of strings without doubles, each converted and each wrong one reported with its index.
    public func list<T: Hashable>(
        _ key: String, countMin: Int = 0, countMax: Int, _ rule: String, _ convert: (String) -> T?
    ) -> [T]? {
        guard let values = read(key, "a list of strings", \.array) else { return nil }
        guard values.count >= countMin else {
            report(key, "must have at least \(countMin == 1 ? "one entry" : "\(countMin) entries")")
            return nil
        }
        guard values.count <= countMax else {
            report(key, "must have at most \(countMax) entries")
            return nil
        }
        var seen: Set<T> = []
        return values.enumerated().compactMap { index, value in
            guard let text = value.string, let item = convert(text) else {
                report("\(key)[\(index)]", rule)
                return nil
            }
            guard seen.insert(item).inserted else {
                report("\(key)[\(index)]", "is given twice")
                return nil
            }
            return item
        }
    }

    /// An object of anything; each entry is converted by `convert`, which returns what is wrong with it or the value.
    public func map<T>(
        _ key: String, countMax: Int, keyRule: String, isKey: (String) -> Bool, valueRule: String,
        _ convert: (JSONValue) -> T?
    ) -> [String: T]? {
        guard let members = read(key, "an object", \.object) else { return nil }
        guard members.count <= countMax else {
            report(key, "must have at most \(countMax) entries")
            return nil
        }
        var result: [String: T] = [:]
        for (name, value) in members {
            if !isKey(name) {
                report("\(key).\(name)", "has a key that \(keyRule)")
            } else if let converted = convert(value) {
                result[name] = converted
            } else {
                report("\(key).\(name)", valueRule)
            }
        }
        return result
    }

    /// Labels as Kubernetes has them, so that a cell's can be its StatefulSet's.
    public func labels(_ key: String) -> [String: String]? {
        map(
            key, countMax: Limits.labelsMax, keyRule: Names.labelKeyRule, isKey: Names.isLabelKey,
            valueRule:
                "must be a string of at most \(Limits.labelValueBytesMax) bytes without control characters"
        ) {
            $0.string.flatMap {
                $0.utf8.count <= Limits.labelValueBytesMax && Names.isPrintable($0) ? $0 : nil
            }
        }
    }

    public func annotations(_ key: String) -> [String: String]? {
        map(
            key, countMax: Limits.annotationsMax, keyRule: Names.labelKeyRule, isKey: Names.isLabelKey,
            valueRule: "must be a string of at most \(Limits.annotationValueBytesMax) bytes"
        ) { $0.string.flatMap { $0.utf8.count <= Limits.annotationValueBytesMax ? $0 : nil } }
    }

    /// Service name to container image.
    public func images(_ key: String) -> [String: String]? {
        map(
            key, countMax: Limits.imagesPerCellMax, keyRule: Names.dnsLabelRule, isKey: Names.isDNSLabel,
            valueRule: "must be an image reference of at most \(Limits.imageBytesMax) bytes without spaces"
        ) { $0.string.flatMap { Names.isImage($0) ? $0 : nil } }
    }

    /// An object inside: `read` sees a reader for it, whose unknown fields are refused too.
    public func nested<T>(_ key: String, _ read: (DocumentReader) -> T) -> T? {
        guard let members = self.read(key, "an object", \.object) else { return nil }
        let reader = DocumentReader(
            members, path: "\(path)\(key).", findings: findings, isForeign: isForeign)
        let result = read(reader)
        reader.refuseUnknown()
        return result
    }

    /// A list of objects: `read` sees a reader for each, whose unknown fields are refused too. Those that it makes
    /// nothing of are left out, and have been reported.
    public func objects<T>(_ key: String, countMax: Int, _ read: (DocumentReader) -> T?) -> [T]? {
        guard let values = self.read(key, "a list of objects", \.array) else { return nil }
        guard values.count <= countMax else {
            report(key, "must have at most \(countMax) entries")
            return nil
        }
        return values.enumerated().compactMap { index, value in
            guard case .object(let members) = value else {
                report("\(key)[\(index)]", "must be an object")
                return nil
            }
            let reader = DocumentReader(
                members, path: "\(path)\(key)[\(index)].", findings: findings, isForeign: isForeign)
            let result = read(reader)
            reader.refuseUnknown()
            return result
        }
    }
}
