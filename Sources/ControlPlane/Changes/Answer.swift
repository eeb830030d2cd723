import JSON
import Registry
import Store

/// What a write is answered with, ready to send and to keep: a repeated request gets these very bytes.
public struct Answer: Sendable, Equatable {
    public var created: Bool
    /// True where the work has only begun.
    public var isAccepted: Bool
    /// True where there is nothing to say: `body` is empty.
    public var isNothing: Bool
    /// Where the resource, or the work's operation, is; empty where the answer needs no `Location`.
    public var location: String
    /// Its revision; nil where there is no one resource.
    public var tag: RevisionTag?
    public var body: [UInt8]

    init(_ outcome: Outcome, incarnation: Incarnation, location: String) {
        created = outcome.created
        isAccepted = outcome.isAccepted
        isNothing = outcome.isNothing
        self.location = outcome.location ?? (outcome.created ? location : "")
        tag = RevisionTag(incarnation, outcome.revision)
        body = outcome.isNothing ? [] : JSONValue.object(outcome.shown).encoded()
    }

    init(body: JSONValue) {
        created = false
        isAccepted = false
        isNothing = false
        location = ""
        tag = nil
        self.body = body.encoded()
    }

    init(_ kept: KeptAnswer) throws {
        let fields = try JSONValue(parsing: Array(kept.fields.utf8))
        created = kept.status == Self.createdStatus
        isAccepted = kept.status == Self.acceptedStatus
        isNothing = kept.status == Self.nothingStatus
        location = fields["location"]?.string ?? ""
        tag = fields["tag"]?.string.flatMap(RevisionTag.init)
        body = kept.body
    }

    var kept: KeptAnswer {
        let fields: JSONValue = [
            "location": .string(location), "tag": tag.map { .string($0.description) } ?? .null,
        ]
        return KeptAnswer(
            status: status,
            fields: fields.encodedString(), body: body)
    }

    private var status: Int {
        if isNothing { return Self.nothingStatus }
        return isAccepted ? Self.acceptedStatus : created ? Self.createdStatus : Self.doneStatus
    }

    private static let createdStatus = 201
    private static let acceptedStatus = 202
    private static let doneStatus = 200
    private static let nothingStatus = 204
}
