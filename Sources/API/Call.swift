import ControlPlane
import HTTP
import JSON
import Registry

/// A request that has been routed and admitted: which operation, with which parameters, by whom.
struct Call: Sendable {
    let operation: Operation
    /// The path's parameters, in the template's order, decoded.
    let parameters: [String]
    let query: Query
    let principal: Principal
    let requestID: String
    let traceparent: String

    // MARK: Path

    func cellID(at index: Int = 0) throws(RegistryError) -> CellID {
        guard let id = CellID(parameters[index]) else {
            throw invalid("cell", "The path names no valid cell: a cell's name is a DNS label.")
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
            text.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else {
            throw invalid(
                field,
                "A gateway's name is 1 to \(Limits.gatewayIDBytesMax) characters of visible ASCII: its pod's name is best."
            )
        }
        return text
    }

    /// A revision by its number, or as a tag of this incarnation.
    func revision(_ text: String, named field: String, of incarnation: Incarnation) throws(RegistryError)
        -> Revision
    {
        if let number = Int64(text), number >= 0, String(number) == text { return Revision(rawValue: number) }
        guard let tag = RevisionTag(text) else {
            throw invalid(field, "'\(field)' must be a revision: a number, or <incarnation>.<number>.")
        }
        guard tag.incarnation == incarnation else {
            throw RegistryError(
                .revisionGone, "The revision \(tag) is of another incarnation: this one is \(incarnation).",
                nextSteps: ["GET /v1/registry"])
        }
        return tag.revision
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
        guard let number = Int64(text), range.contains(number), String(number) == text else {
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

    /// `label=tier=gold,ring=canary`
    func labels() throws(RegistryError) -> [String: String] {
        guard let text = query["label"] else { return [:] }
        var labels: [String: String] = [:]
        for pair in text.split(separator: ",", omittingEmptySubsequences: false) {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty, labels.count < Limits.labelsMax else {
                throw invalid("label", "'label' must be key=value, or several of them with commas between.")
            }
            labels[String(parts[0])] = String(parts[1])
        }
        return labels
    }

    /// How long the answer may be held; nil without `wait`.
    func wait() throws(RegistryError) -> Duration? {
        guard let text = query["wait"] else { return nil }
        guard let wait = Duration(go: text) else {
            throw invalid(
                "wait", "'wait' must be a duration like 30s; more than \(Limits.waitMax.go) counts as that.")
        }
        guard query["since"] != nil else {
            throw invalid("wait", "'wait' needs 'since': it waits for a change after that revision.")
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

    func invalid(_ field: String, _ detail: String) -> RegistryError {
        RegistryError(.invalidArgument, detail, errors: [FieldError(field, "is wrong")])
    }
}
