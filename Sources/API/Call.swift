import ControlPlane
import HTTP
import JSON
import Registry

/// A request that has been routed and admitted: which operation, with which parameters, by whom.
struct Call: Sendable {
    let operation: Operation
    let parameters: PathParameters
    let query: Query
    let principal: Principal
    let request: RequestID

    var requestID: String { request.text }

    // MARK: Path

    func cellID(at index: Int = 0) throws(RegistryError) -> CellID {
        guard let id = CellID(parameters[index]) else {
            throw invalid(
                "cell",
                "A cell's name is 1 to \(Limits.cellIDBytesMax) of a-z, 0-9 and '-', with a letter or digit at both ends."
            )
        }
        return id
    }

    func tenantID(at index: Int = 0) throws(RegistryError) -> TenantID {
        guard let id = TenantID(parameters[index]) else {
            throw invalid(
                "tenant",
                "The path names no valid tenant: 1 to \(Limits.tenantIDBytesMax) bytes without control characters and slashes."
            )
        }
        return id
    }

    func gatewayID(_ text: String, named field: String = "gateway") throws(RegistryError) -> String {
        guard (1...Limits.gatewayIDBytesMax).contains(text.utf8.count),
            text.utf8.allSatisfy({ Self.isAlphanumeric($0) || ".-_".utf8.contains($0) }),
            text.utf8.first.map(Self.isAlphanumeric) == true
        else {
            throw invalid(
                field,
                "A gateway's name is 1 to \(Limits.gatewayIDBytesMax) letters, digits, '.', '_' and '-', and starts with a "
                    + "letter or digit: its pod's name is best.")
        }
        return text
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || isLetter(byte)
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }

    /// A revision that the registry has reached, by its number or as a tag.
    ///
    /// - Throws: `notFound` for one of another incarnation, or yet to come.
    func revision(_ text: String, named field: String, reached: RevisionTag) throws(RegistryError) -> Revision
    {
        let tag: RevisionTag
        if let number = Self.whole(text, in: 0...Self.revisionMax) {
            tag = RevisionTag(reached.incarnation, Revision(rawValue: number))
        } else if let sent = RevisionTag(text) {
            tag = sent
        } else {
            throw invalid(
                field,
                "'\(field)' must be a revision, a number or <incarnation>.<number>\(field == "at" ? ", or an RFC 3339 time" : "")."
            )
        }
        guard tag.incarnation == reached.incarnation, tag.revision <= reached.revision else {
            throw RegistryError(
                .notFound, "The registry has not seen the revision \(text): it is at \(reached).",
                nextSteps: ["GET /v1/registry"])
        }
        return tag.revision
    }

    /// The longest revision that a path or a cursor may spell: 18 digits.
    static let revisionMax: Int64 = 999_999_999_999_999_999

    /// A number as it is written, without a sign or leading zeros.
    private static func whole(_ text: String, in range: ClosedRange<Int64>) -> Int64? {
        Int64(text).flatMap { range.contains($0) && String($0) == text ? $0 : nil }
    }

    /// The revision that a change made.
    func change() throws(RegistryError) -> Revision {
        guard let number = Self.whole(parameters[0], in: 1...Int64.max) else {
            throw invalid(
                "revision", "A change is named by the revision that it made: a whole number from 1.")
        }
        return Revision(rawValue: number)
    }

    // MARK: Query

    func flag(_ name: String) throws(RegistryError) -> Bool? {
        guard let text = query[name] else { return nil }
        switch text {
        case "true": return true
        case "false": return false
        default: throw invalid(name, "'\(name)' must be true or false.")
        }
    }

    func integer(_ name: String, in range: ClosedRange<Int64>) throws(RegistryError) -> Int64? {
        guard let text = query[name] else { return nil }
        guard let number = Self.whole(text, in: range) else {
            throw invalid(
                name, "'\(name)' must be a whole number from \(range.lowerBound) to \(range.upperBound).")
        }
        return number
    }

    func choice<T: RawRepresentable & CaseIterable>(_ name: String, _: T.Type = T.self) throws(RegistryError)
        -> T?
    where T.RawValue == String {
        guard let text = query[name] else { return nil }
        guard let value = T(rawValue: text) else {
            throw invalid(
                name, "'\(name)' must be one of \(T.allCases.map(\.rawValue).joined(separator: ", ")).")
        }
        return value
    }

    /// - Parameter rule: what `parse` takes, in words that go on after the parameter's name.
    func parsed<T>(_ name: String, _ rule: String, _ parse: (String) -> T?) throws(RegistryError) -> T? {
        guard let text = query[name] else { return nil }
        guard let value = parse(text) else { throw invalid(name, "'\(name)' \(rule).") }
        return value
    }

    /// A zone's name.
    func word(_ name: String) throws(RegistryError) -> String? {
        guard let text = query[name] else { return nil }
        guard DocumentReader.isWord(text) else {
            throw invalid(name, "'\(name)' must be 1 to 63 letters, digits, '.', '_' and '-'.")
        }
        return text
    }

    /// Zones to deal out, joined by commas.
    func zones() throws(RegistryError) -> [String] {
        guard let text = query["zones"] else { return [] }
        let zones = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        guard zones.count <= Limits.placementZonesMax, zones.allSatisfy(DocumentReader.isWord) else {
            throw invalid(
                "zones",
                "'zones' must be at most \(Limits.placementZonesMax) zones' names with commas between.")
        }
        return zones
    }

    /// The name of anything: a tenant's may be the widest.
    func resourceID(_ name: String) throws(RegistryError) -> String? {
        guard let text = query[name] else { return nil }
        guard let id = TenantID(text) else {
            throw invalid(name, "'\(name)' can be the name of nothing here.")
        }
        return id.rawValue
    }

    func operationID(_ name: String) throws(RegistryError) -> String? {
        guard let text = query[name] else { return nil }
        guard (1...63).contains(text.utf8.count), text.utf8.allSatisfy(Self.isLetter) else {
            throw invalid(name, "'\(name)' must be the id of an operation: 1 to 63 letters.")
        }
        return text
    }

    /// `label=tier=gold,ring=canary`
    func labels() throws(RegistryError) -> [String: String] {
        guard let text = query["label"] else { return [:] }
        guard text.unicodeScalars.count <= Limits.labelFilterCharactersMax else {
            throw invalid("label", "'label' has at most \(Limits.labelFilterCharactersMax) characters.")
        }
        var labels: [String: String] = [:]
        for pair in text.split(separator: ",", omittingEmptySubsequences: false) {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty else {
                throw invalid("label", "'label' must be key=value, or several of them with commas between.")
            }
            labels[String(parts[0])] = String(parts[1])
        }
        return labels
    }

    /// How many items a page has.
    func limit() throws(RegistryError) -> Int {
        Int(try integer("limit", in: 1...Int64(Limits.pageItemsMax)) ?? Int64(Limits.pageItemsDefault))
    }

    /// Where a page starts: after an item's name. Any name will do, one that is not there too.
    func cursor() throws(RegistryError) -> String? {
        guard let text = query["cursor"] else { return nil }
        guard (1...Limits.cursorCharactersMax).contains(text.unicodeScalars.count) else {
            throw invalid("cursor", "'cursor' must be the nextCursor of the page before.")
        }
        return text
    }

    /// How long a feed's answer may be held; nil without `wait`.
    func feedWait() throws(RegistryError) -> Duration? {
        guard let wait = try wait() else { return nil }
        guard query["since"] != nil else {
            throw invalid("wait", "'wait' needs 'since': it waits for a change after that revision.")
        }
        return wait
    }

    /// How long the answer may be held; nil without `wait`.
    func wait() throws(RegistryError) -> Duration? {
        guard let text = query["wait"] else { return nil }
        guard let wait = Duration(go: text) else {
            throw invalid(
                "wait", "'wait' must be a duration like 30s; more than \(Limits.waitMax.go) counts as that.")
        }
        return min(wait, Limits.waitMax)
    }

    func since() throws(RegistryError) -> RevisionTag? {
        guard let text = query["since"] else { return nil }
        guard let tag = RevisionTag(text) else {
            throw invalid("since", "'since' must be a revision as an answer gave it: <incarnation>.<number>.")
        }
        return tag
    }

    /// - Parameter detail: a sentence, which may begin with the field's name in quotes.
    func invalid(_ field: String, _ detail: String) -> RegistryError {
        let name = "'\(field)' "
        let rule = detail.hasPrefix(name) ? detail.dropFirst(name.count) : detail[...]
        let message = rule.hasSuffix(".") ? rule.dropLast() : rule
        return RegistryError(.invalidArgument, detail, errors: [FieldError(field, String(message))])
    }
}
