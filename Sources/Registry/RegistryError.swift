import JSON

/// Why a request can't be done, in words that are safe to show to whoever asked.
///
/// What caused it inside (an SQL message, an errno) is never in here: that is only logged.
public struct RegistryError: Error, Sendable, Equatable {
    public var code: ErrorCode
    /// One or two sentences: what is wrong and with what.
    public var detail: String
    /// What is wrong field by field, where the input is.
    public var errors: [FieldError]
    /// What stands in the way, by name.
    public var blockers: [Blocker]
    /// What the caller can do about it, most likely first.
    public var nextSteps: [String]

    public init(
        _ code: ErrorCode, _ detail: String, errors: [FieldError] = [], blockers: [Blocker] = [],
        nextSteps: [String] = []
    ) {
        self.code = code
        self.detail = detail
        self.errors = errors
        self.blockers = blockers
        self.nextSteps = nextSteps
    }
}

/// One field that is wrong, and how.
public struct FieldError: Sendable, Equatable {
    /// Dotted path from the document's root: `endpoints.order-service`, `placement.zones[2]`.
    public var field: String
    public var message: String

    public init(_ field: String, _ message: String) {
        self.field = field
        self.message = message
    }
}

/// A thing that must change before the request can be done.
public struct Blocker: Sendable, Equatable {
    /// The noun: `tenant`, `cell`, `change`, `gateway`; or `pause`, for what only takes its time.
    public var kind: String
    public var id: String
    public var message: String

    public init(kind: String, id: String, message: String) {
        self.kind = kind
        self.id = id
        self.message = message
    }

    /// Of what nobody has to look after: it goes on by itself.
    public static let pauseKind = "pause"

    public var document: JSONValue {
        ["kind": .string(kind), "id": .string(id), "message": .string(message)]
    }
}

extension RegistryError {
    /// `notFound`, and where those are told that there are.
    public static func missing(_ noun: String, _ id: some CustomStringConvertible) -> RegistryError {
        let list = noun == "change" ? "/v1/audit" : "/v1/\(noun)s"
        return RegistryError(
            .notFound, "There is no \(noun) '\(id)'.", nextSteps: ["GET \(list) lists those there are"])
    }
}
