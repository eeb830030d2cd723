import JSON

/// The nouns that the audit speaks of.
public enum ResourceKind: String, Sendable, CaseIterable {
    case cell, tenant, token, gateway, operation, policies, release, rollout, webhook, backupSchedule, backup,
        restore
    /// All of it: that it was restored from a backup.
    case registry
}

/// Who did what to what, and why: written in the transaction of the change, one for each revision, never altered.
///
/// `document` is the resource after the change; what it was before is the document of the event at `previous`.
public struct AuditEvent: Sendable, Equatable {
    public var revision: Revision
    public var at: Timestamp
    /// The token's name, `anonymous`, or `system` for the reconcilers.
    public var actor: String
    /// The operation id of `openapi.yaml`.
    public var operation: String
    public var kind: ResourceKind
    public var id: String
    /// Canonical JSON (`JSONValue.encoded(.canonical)`); nil where the resource is gone.
    public var document: String?
    /// The revision of this resource's event before; zero where there is none.
    public var previous: Revision
    public var reason: String
    public var requestID: String
    /// The W3C trace context that the request carried; empty where none was.
    public var traceparent: String

    public init(
        revision: Revision, at: Timestamp, actor: String, operation: String, kind: ResourceKind, id: String,
        document: String?, previous: Revision, reason: String, requestID: String, traceparent: String
    ) {
        self.revision = revision
        self.at = at
        self.actor = actor
        self.operation = operation
        self.kind = kind
        self.id = id
        self.document = document
        self.previous = previous
        self.reason = reason
        self.requestID = requestID
        self.traceparent = traceparent
    }

    /// The canonical JSON of the event: what the API shows of it and what the hash chain is made over.
    ///
    /// `hash(n) = SHA-256(hash(n-1) ‖ canonical(n))`, the first over 32 zero bytes. Members are in the order of
    /// their names; the document stands inside as it is kept, which is canonical too.
    public var canonical: [UInt8] {
        var text = [UInt8]()
        text.reserveCapacity(384 + (document?.utf8.count ?? 0) + reason.utf8.count)
        func member(_ name: StaticString, _ value: String) {
            text.append(contentsOf: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
            var value = value
            value.withUTF8 { JSONWriter.appendString(bytes: UnsafeRawBufferPointer($0), to: &text) }
        }
        func member(_ name: StaticString, plain value: String) {
            text.append(contentsOf: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
            text.append(contentsOf: value.utf8)
        }
        member(#"{"actor":"#, actor)
        member(#","at":"#, at.description)
        member(#","document":"#, plain: document ?? "null")
        member(#","id":"#, id)
        member(#","kind":"#, kind.rawValue)
        member(#","operation":"#, operation)
        member(#","previous":"#, plain: previous.description)
        member(#","reason":"#, reason)
        member(#","requestId":"#, requestID)
        member(#","revision":"#, plain: revision.description)
        member(#","traceparent":"#, traceparent)
        text.append(UInt8(ascii: "}"))
        return text
    }
}

extension AuditEvent {
    /// What the API shows: the members that `canonical` is made of.
    public var shown: JSONValue {
        get throws(JSONError) { try JSONValue(parsing: canonical) }
    }
}
