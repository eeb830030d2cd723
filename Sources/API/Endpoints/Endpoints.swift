import ControlPlane
import HTTP
import JSON
import Logging
import Registry
import Synchronization
import Telemetry

/// What the API needs to know of how it was started.
public struct APISettings: Sendable {
    /// Who calls without a token; nil: nobody may.
    public var anonymousRole: Role?
    public var version: String

    public init(anonymousRole: Role?, version: String) {
        self.anonymousRole = anonymousRole
        self.version = version
    }
}

/// The handlers of all operations, a file for each noun. Each decodes, calls the control plane, encodes.
public struct Endpoints: Sendable {
    /// Behind one reference: every request takes a copy of this along.
    private let parts: Parts

    private final class Parts: Sendable {
        let controlPlane: ControlPlane
        let settings: APISettings
        let instruments: Instruments
        let status: any ServiceStatus
        let routed = Signal()
        let committed = Signal()

        init(
            _ controlPlane: ControlPlane, _ settings: APISettings, _ instruments: Instruments,
            _ status: any ServiceStatus
        ) {
            self.controlPlane = controlPlane
            self.settings = settings
            self.instruments = instruments
            self.status = status
        }
    }

    var controlPlane: ControlPlane { parts.controlPlane }
    var settings: APISettings { parts.settings }
    var instruments: Instruments { parts.instruments }
    var status: any ServiceStatus { parts.status }
    /// Fires when gateways have something new to see.
    var routed: Signal { parts.routed }
    /// Fires at every commit.
    var committed: Signal { parts.committed }

    public init(
        controlPlane: ControlPlane, settings: APISettings, instruments: Instruments, status: any ServiceStatus
    ) {
        parts = Parts(controlPlane, settings, instruments, status)
        let (routed, committed) = (routed, committed)
        controlPlane.onRouting { routed.fire() }
        controlPlane.onCommit { _ in committed.fire() }
    }

    /// What an endpoint makes, or the problem that it ends in.
    func answer(_ call: Call, _ work: () async throws -> Response) async -> Response {
        do {
            return try await work()
        } catch {
            return Problem.response(
                expected(error, operation: call.operation.id, requestID: call.requestID),
                requestID: call.requestID)
        }
    }

    /// Errors that are meant for the caller as they are, everything else as an internal one, whose cause is logged.
    func expected(_ error: any Error, operation: String, requestID: String) -> RegistryError {
        switch error {
        case let error as RegistryError: return error
        case let error as JSONError: return Self.malformed(error)
        case is BodyClosed: return RegistryError(.requestTimeout, "The body did not arrive whole.")
        default:
            instruments.logger.error(
                "operation failed",
                metadata: [
                    "operation": "\(operation)", "requestId": "\(requestID)", "error": "\(error)",
                ])
            return RegistryError(
                .internalError,
                "Something failed inside the control plane; its log names the cause by this request's id.")
        }
    }

    static func malformed(_ error: JSONError) -> RegistryError {
        RegistryError(
            .malformedJSON, "The body is not JSON as this server takes it: \(error.message)",
            errors: [
                FieldError(error.pointer, "line \(error.line), column \(error.column): \(error.message)")
            ])
    }
}

/// How the program around the API is.
public protocol ServiceStatus: Sendable {
    /// Nil when ready; else why not, in a word.
    var unready: String? { get }
    /// Every reconciler's last report.
    var reconcilers: [ReconcilerReport] { get }
}

// MARK: What the handlers share

extension Endpoints {
    func json(_ value: JSONValue, _ status: Status = .ok, fields: Fields = [:]) -> Response {
        var fields = fields
        fields[.contentType] = "application/json"
        return Response(status, fields: fields, body: .bytes(value.encoded()))
    }

    /// A resource with its ETag.
    func resource(_ shown: JSONObject, at revision: Revision) -> Response {
        json(.object(shown), fields: [.etag: etag(RevisionTag(controlPlane.incarnation, revision))])
    }

    func etag(_ tag: RevisionTag) -> String { "\"\(tag)\"" }

    /// A page of a list; `read` is asked for one item more than it has, and `key` names an item for the next page.
    func list<T>(
        _ call: Call, _ read: (_ limit: Int) throws -> [T], shown: (T) throws -> JSONValue, key: (T) -> String
    ) throws -> Response {
        let limit = try call.limit()
        let items = try read(limit + 1)
        var page: JSONObject = ["items": .array(try items.prefix(limit).map(shown))]
        if items.count > limit { page["nextCursor"] = .string(key(items[limit - 1])) }
        return json(.object(page))
    }

    /// The body as JSON.
    ///
    /// - Throws: `unsupportedMediaType`, `malformedJSON`.
    func document(_ request: Request, _ call: Call, also type: MediaType? = nil) throws -> JSONValue {
        if let field = request.fields[.contentType] {
            let sent = MediaType(parsing: field)?.essence
            guard sent == MediaType.json.essence || (sent != nil && sent == type?.essence) else {
                throw RegistryError(
                    .unsupportedMediaType, "The body is '\(field)', and this takes application/json.",
                    nextSteps: ["send Content-Type: application/json"])
            }
        }
        return try JSONValue(parsing: request.body)
    }

    /// The optional body of an action, which holds a reason at the most.
    func reason(_ request: Request, _ call: Call) throws -> String? {
        guard !request.body.isEmpty else { return nil }
        let reader = try DocumentReader(try document(request, call))
        let reason = reader.string("reason", bytesMax: Limits.reasonBytesMax)
        try reader.finish()
        return reason
    }

    /// Runs a change as the request's header and query ask for it.
    ///
    /// - Parameter isTagged: false where the answer shows no resource that the ETag could be of.
    func write(
        _ call: Call, _ request: Request, location: String = "", reason: String? = nil, isTagged: Bool = true,
        bulk: Bool = false,
        _ body: @escaping @Sendable (Change) throws -> Outcome
    ) async throws -> Response {
        var change = try changeRequest(call, request, location: location, reason: reason)
        change.bulk = bulk
        let hasChanged = Atomic(false)
        let answer = try await controlPlane.change(change) { change in
            let outcome = try body(change)
            hasChanged.store(change.hasEffects, ordering: .relaxed)
            return outcome
        }
        // Not where all was so already, nor where an earlier request's answer is given again.
        if !change.dryRun, hasChanged.load(ordering: .relaxed) {
            instruments.logger.info(
                "registry changed",
                metadata: [
                    "operation": "\(call.operation.id)", "actor": "\(call.principal.name)",
                    "revision": "\(answer.tag?.description ?? "")", "requestId": "\(call.requestID)",
                ])
        }
        return response(answer, isTagged: isTagged)
    }

    private func response(_ answer: Answer, isTagged: Bool) -> Response {
        var fields: Fields = [.contentType: "application/json"]
        if isTagged, let tag = answer.tag { fields[.etag] = etag(tag) }
        if !answer.location.isEmpty { fields[.location] = answer.location }
        if answer.isNothing { return Response(.noContent, fields: [.retryAfter: "1"]) }
        let status: Status = answer.isAccepted ? .accepted : answer.created ? .created : .ok
        return Response(status, fields: fields, body: .bytes(answer.body))
    }

    func changeRequest(
        _ call: Call, _ request: Request, location: String = "", reason: String? = nil
    ) throws(RegistryError) -> ChangeRequest {
        ChangeRequest(
            context: try context(call, request, reason: reason), expectation: try expectation(request, call),
            dryRun: try call.flag("dryRun") ?? false, plan: request.fields[.ifPlanMatch],
            idempotencyKey: try idempotencyKey(call, request), seal: seal(request), location: location)
    }

    func context(_ call: Call, _ request: Request, reason: String? = nil) throws(RegistryError)
        -> ChangeContext
    {
        let reason = reason ?? request.fields[.auditReason] ?? ""
        guard reason.utf8.count <= Limits.reasonBytesMax else {
            throw call.invalid("Audit-Reason", "A reason has at most \(Limits.reasonBytesMax) bytes.")
        }
        let traceparent = request.fields[.traceparent] ?? ""
        return ChangeContext(
            principal: call.principal, operation: call.operation.id, reason: reason,
            requestID: call.requestID,
            traceparent: TraceContext(traceparent) == nil ? "" : traceparent)
    }

    private func expectation(_ request: Request, _ call: Call) throws(RegistryError) -> Expectation {
        if let field = request.fields[.ifNoneMatch] {
            guard ETagCondition(parsing: field) == .any, request.fields[.ifMatch] == nil else {
                throw call.invalid(
                    "If-None-Match",
                    "On a write, If-None-Match can only be *, and If-Match can't stand beside it.")
            }
            return .absent
        }
        guard let field = request.fields[.ifMatch] else { return .any }
        switch ETagCondition(parsing: field) {
        case .any: return .present
        case .tags(let tags): return .oneOf(tags.compactMap { $0.isWeak ? nil : RevisionTag($0.opaque) })
        case nil: throw call.invalid("If-Match", "If-Match must be * or ETags, each in double quotes.")
        }
    }

    private func seal(_ request: Request) -> AnswerSeal? {
        request.fields[.idempotencyKey].flatMap { _ in Bearer.token(in: request.fields[.authorization]) }
            .map(AnswerSeal.init(token:))
    }

    private func idempotencyKey(_ call: Call, _ request: Request) throws(RegistryError) -> IdempotencyKey? {
        guard request.method == .post, var key = request.fields[.idempotencyKey] else { return nil }
        if key.hasPrefix("\""), key.hasSuffix("\""), key.utf8.count >= 2 {
            key = String(key.dropFirst().dropLast())
        }
        guard (1...Limits.idempotencyKeyBytesMax).contains(key.utf8.count),
            key.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else {
            throw call.invalid(
                "Idempotency-Key",
                "An idempotency key is 1 to \(Limits.idempotencyKeyBytesMax) visible ASCII characters.")
        }
        return IdempotencyKey(
            principal: call.principal.name, key: key,
            parts: [Array(request.method.rawValue.utf8), request.path, request.query ?? [], request.body])
    }
}
