import ControlPlane
import HTTP
import JSON
import Registry

extension Endpoints {
    func listAuditEvents(_ call: Call, _ request: Request) async throws -> Response {
        let filter = AuditFilter(
            kind: try call.choice("kind"), id: try call.resourceID("id"), actor: try call.word("actor"),
            operation: try call.operationID("operation"))
        let after = Revision(rawValue: try call.integer("after", in: 0...Int64.max) ?? 0)
        return try list(call) {
            try controlPlane.events(after: after, filter, limit: $0).events
        } shown: { chained in
            guard var shown = try chained.event.shown.object else {
                preconditionFailure("an event is an object")
            }
            shown["hash"] = .string(Self.hex(chained.hash))
            return .object(shown)
        } key: {
            $0.event.revision.description
        }
    }

    /// The change feed: what was committed after `since`, held until there is something.
    func listEvents(_ call: Call, _ head: RequestHead) throws -> Reception {
        let (since, wait) = (
            try call.since() ?? RevisionTag(controlPlane.incarnation, .zero), try call.feedWait()
        )
        let kind: ResourceKind? = try call.choice("kind")
        let limit = try call.limit()
        guard since.incarnation == controlPlane.incarnation, since.revision <= controlPlane.revision.revision
        else {
            throw RegistryError(
                .revisionGone,
                "There are no events after \(since): the registry is at \(controlPlane.revision).",
                nextSteps: ["GET /v1/events without since, or GET /v1/registry"])
        }
        let reading = Reception.deferred(bodyBytesMax: 0) { _ in
            await answer(call) { try events(after: since, kind, limit: limit) }
        }
        guard let wait, wait > .zero, since.revision == controlPlane.revision.revision else { return reading }
        let deadline = controlPlane.clock.uptime() + wait * Double.random(in: 0.8...1)
        return .watch(
            Watch(signal: committed, deadline: deadline) { [controlPlane] moment in
                moment == .ended || controlPlane.revision.revision > since.revision ? reading : nil
            })
    }

    private func events(after since: RevisionTag, _ kind: ResourceKind?, limit: Int) throws -> Response {
        let (found, newest) = try controlPlane.events(
            after: since.revision, AuditFilter(kind: kind), limit: limit)
        // A short page has seen everything up to now, other kinds too.
        let reached = found.count == limit ? found[limit - 1].event.revision : newest
        return json([
            "from": .string(since.description),
            "revision": .string(RevisionTag(controlPlane.incarnation, reached).description),
            "events": .array(try found.map { try $0.event.shown }),
        ])
    }

    func revertChange(_ call: Call, _ request: Request) async throws -> Response {
        let revision = try call.change()
        let reason = try reason(request, call)
        return try await write(call, request, reason: reason ?? "reverts \(revision)") { change in
            var outcome = try change.revert(revision)
            let isGone = outcome.shown["deleted"] != nil
            outcome.shown = [
                "reverted": .integer(revision.rawValue), "revision": .integer(outcome.revision.rawValue),
                "resource": isGone ? .null : .object(outcome.shown),
            ]
            outcome.created = false
            return outcome
        }
    }

    private static func hex(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef")
        return String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }
}
