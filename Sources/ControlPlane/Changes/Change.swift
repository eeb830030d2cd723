import JSON
import Registry
import Store

/// One change of the registry: the rules, over one write transaction.
///
/// Each use case is a method here, in a file for each noun. It checks everything before it writes anything, so that
/// what it throws leaves nothing behind, and the next line of an import can go on in the same transaction.
public struct Change {
    public let transaction: WriteTransaction
    public let expectation: Expectation
    /// True for a dry run, which shows a plan that does not work out instead of refusing it.
    public let isRehearsal: Bool

    public init(_ transaction: WriteTransaction, expectation: Expectation = .any, isRehearsal: Bool = false) {
        self.transaction = transaction
        self.expectation = expectation
        self.isRehearsal = isRehearsal
    }

    /// True once something was written.
    public var hasEffects: Bool { !transaction.events.isEmpty }

    /// The same change for what follows from it: the request's condition is on its own resource alone.
    var consequences: Change { Change(transaction, isRehearsal: isRehearsal) }

    /// - Throws: `preconditionFailed` where the resource is not as the request expects it.
    func check(_ noun: String, _ id: some CustomStringConvertible, at revision: Revision?) throws {
        guard expectation != .any else { return }
        let tag = try revision.map { RevisionTag(try transaction.incarnation(), $0) }
        try expectation.check(noun, id.description, at: tag)
    }

    func notFound(_ noun: String, _ id: some CustomStringConvertible) -> RegistryError {
        .missing(noun, id)
    }
}

/// What a write did to its resource.
public struct Outcome: Sendable {
    /// True where the resource was not there before.
    public var created: Bool
    /// What the API shows of it now.
    public var shown: JSONObject
    /// Its revision now.
    public var revision: Revision
    /// True where the work has only begun: `shown` is its operation, to be found at `location`.
    public var isAccepted = false
    /// True for the dry run of what would be refused: there is nothing to show but the plan.
    public var isRefused = false
    public var location: String?
    /// True where there is nothing to show, and nothing is wrong.
    public var isNothing = false
    /// What a dry run shows beside the effects.
    public var plan: JSONObject?

    public init(created: Bool, shown: JSONObject, revision: Revision, previous: Revision) {
        self.created = created
        self.shown = shown
        self.revision = revision
        self.shown["previousRevision"] = .integer(previous.rawValue)
    }

    /// What was asked for is not there now: 204.
    static let nothing = {
        var outcome = Outcome(created: false, shown: [:], revision: .zero, previous: .zero)
        outcome.isNothing = true
        return outcome
    }()

    /// Progress, which is no revision of its own.
    static func progress(_ shown: JSONObject) -> Outcome {
        var outcome = Outcome(created: false, shown: [:], revision: .zero, previous: .zero)
        outcome.shown = shown
        return outcome
    }

    static func deleted(_ id: String, at revision: Revision, previous: Revision) -> Outcome {
        Outcome(
            created: false,
            shown: ["id": .string(id), "deleted": true, "revision": .integer(revision.rawValue)],
            revision: revision, previous: previous)
    }
}

/// What a request expects to find (`If-Match`, `If-None-Match: *`).
public enum Expectation: Sendable, Equatable {
    case any
    /// Not there yet.
    case absent
    /// There, in whatever revision.
    case present
    /// There, in one of these.
    case oneOf([RevisionTag])

    func check(_ noun: String, _ id: String, at tag: RevisionTag?) throws(RegistryError) {
        switch (self, tag) {
        case (.any, _), (.absent, nil), (.present, .some): return
        case (.oneOf(let tags), .some(let tag)) where tags.contains(tag): return
        case (.absent, .some(let tag)):
            throw RegistryError(
                .preconditionFailed, "The \(noun) '\(id)' is there already, at \(tag).",
                nextSteps: ["leave If-None-Match out to replace it"])
        case (.present, nil), (.oneOf, nil):
            throw RegistryError(
                .preconditionFailed, "There is no \(noun) '\(id)' to match.",
                nextSteps: ["leave If-Match out to make one, or correct the name"])
        case (.oneOf, .some(let tag)):
            throw RegistryError(
                .preconditionFailed, "The \(noun) '\(id)' is at \(tag), not at what If-Match names.",
                nextSteps: ["GET it again, and decide anew from what it is now"])
        }
    }
}
