import Bytes
import Compression
import ControlPlane
import HTTP
import JSON
import Registry
import Synchronization

// What gateways live by. Everything here is answered on the server's loop, from one immutable snapshot.
extension Endpoints {
    func getRoutingTable(_ call: Call, _ head: RequestHead) throws -> Reception {
        let (since, wait) = (try call.since(), try call.feedWait())
        if let name = call.query["gateway"] {
            let id = try call.gatewayID(name)
            guard Access.leasing.admits(call.principal.role) else {
                throw RegistryError(
                    .permissionDenied,
                    "The token '\(call.principal.name)' has the role '\(call.principal.role.rawValue)', which keeps no lease.",
                    nextSteps: ["leave 'gateway' out to read the table alone"])
            }
            // A table that was never published can't have been applied: the poll is answered 410, and acknowledges nothing.
            let applied = since.flatMap { $0.isAhead(of: controlPlane.routing.current.tag) ? nil : $0 }
            if !controlPlane.gateways.contact(id, applied: applied) {
                return registering(id, call, applied: applied, since: since)
            }
        }
        return try table(call, head, since: since, wait: wait)
    }

    /// A gateway that is not on the list yet is put there first, durably: no table is given to anyone whom a
    /// cutover would not wait for. This one answer waits for the disk, and is not held; the next ones are as asked.
    private func registering(
        _ id: String, _ call: Call, applied: RevisionTag?, since: RevisionTag?
    ) -> Reception {
        .deferred(bodyBytesMax: 0) { request in
            await answer(call) {
                try await controlPlane.registerGateway(id, applied: applied)
                switch try table(call, request.head, since: since, wait: nil) {
                case .answer(let response): return response
                case .deferred(_, let work): return await work(request)
                case .streamed, .watch: preconditionFailure("without a wait the table is answered at once")
                }
            }
        }
    }

    private func table(
        _ call: Call, _ head: RequestHead, since: RevisionTag?, wait: Duration?
    ) throws -> Reception {
        guard let since else { return try fullTable(call, head) }
        return try feed(call, since: since, wait: wait, owner: call.query["gateway"]) { snapshot in
            snapshot.delta(since: since)
        } empty: {
            $0.emptyDelta(from: since.revision)
        }
    }

    private func fullTable(_ call: Call, _ head: RequestHead) throws(RegistryError) -> Reception {
        let snapshot = controlPlane.routing.current
        let tag = etag(snapshot.tag)
        let fields: Fields = [
            .etag: tag, .cacheControl: "no-cache, stale-if-error=86400", .vary: "Accept, Accept-Encoding",
        ]
        guard let type = Accept(head.field(.accept)).preferred(among: [.json, .ndjson]) else {
            throw RegistryError(
                .notAcceptable, "The table comes as application/json or application/x-ndjson.",
                nextSteps: ["send Accept: application/json"])
        }
        let isKnown =
            head.field(.ifNoneMatch).flatMap(ETagCondition.init(parsing:))?.weakMatches(ETag(parsing: tag))
            ?? false
        // A 304 is made of the answer that it stands for, whose length it tells: without one it would end the connection.
        let shown = { @Sendable (response: Response) in isKnown ? response.notModified() : response }
        if type == .ndjson { return .answer(shown(Self.lines(of: snapshot, fields))) }
        let encoding = AcceptEncoding(head.field(.acceptEncoding)).preferred(among: [.gzip, .zstd])
            .flatMap { ContentEncoding(rawValue: $0.rawValue) }
        if let ready = snapshot.readyTable(encoding) {
            return .answer(shown(Self.table(ready, encoding, fields)))
        }
        return .deferred(bodyBytesMax: 0) { _ in
            await answer(call) { shown(Self.table(try snapshot.table(encoding), encoding, fields)) }
        }
    }

    private static func table(_ body: SharedBytes, _ encoding: ContentEncoding?, _ fields: Fields) -> Response
    {
        var fields = fields
        fields[.contentType] = "application/json"
        if let encoding { fields[.contentEncoding] = encoding.rawValue }
        return Response(.ok, fields: fields, body: .shared(body))
    }

    private static func lines(of snapshot: RoutingSnapshot, _ fields: Fields) -> Response {
        var fields = fields
        fields[.contentType] = MediaType.ndjson.essence
        return Response(
            .ok, fields: fields,
            body: .stream { writer in
                for chunk in snapshot.lines { try await writer.write(chunk) }
            })
    }

    func listCellTenants(_ call: Call, _ head: RequestHead) throws -> Reception {
        let cell = try call.cellID()
        if call.principal.role == .cell, call.principal.cell != cell {
            throw RegistryError(
                .permissionDenied,
                "The token '\(call.principal.name)' speaks for another cell than '\(cell)'.")
        }
        guard controlPlane.routing.current.cell(cell) != nil else {
            throw RegistryError.missing("cell", cell)
        }
        let (since, wait) = (try call.since(), try call.feedWait())
        if try call.flag("ack") == true { try acknowledge(since, of: cell, call) }
        guard let since else {
            let snapshot = controlPlane.routing.current
            let fields: Fields = [.contentType: "application/json", .etag: etag(snapshot.tag)]
            // A walk over the whole index: off the loop.
            return .deferred(bodyBytesMax: 0) { _ in
                Response(.ok, fields: fields, body: .bytes(snapshot.ownership(of: cell) ?? []))
            }
        }
        let unchangedUntil = Mutex(since.revision)
        return try feed(call, since: since, wait: wait, owner: nil) { snapshot in
            let known = unchangedUntil.withLock { $0 }
            let delta = snapshot.ownershipDelta(of: cell, since: since, unchangedUntil: known)
            if case .unchanged = delta { unchangedUntil.withLock { $0 = snapshot.revision } }
            return delta ?? .gone(oldest: snapshot.revision)
        } empty: {
            $0.emptyDelta(from: since.revision)
        }
    }

    /// `ack=true`: the cell says that it enforces the feed as of `since`.
    private func acknowledge(_ since: RevisionTag?, of cell: CellID, _ call: Call) throws(RegistryError) {
        guard let since else {
            throw call.invalid("ack", "'ack' needs 'since', the revision that the cell enforces.")
        }
        guard Access.sealing.admits(call.principal.role) else {
            throw RegistryError(
                .permissionDenied,
                "The token '\(call.principal.name)' has the role '\(call.principal.role.rawValue)', which seals nothing.",
                nextSteps: ["leave 'ack' out to read the feed alone"])
        }
        _ = try controlPlane.acknowledgeOwnership(of: cell, since)
    }

    /// A delta at once, or held until there is one or the wait is over.
    private func feed(
        _ call: Call, since: RevisionTag, wait: Duration?, owner: String?,
        _ delta: @escaping @Sendable (RoutingSnapshot) -> DeltaResult,
        empty: @escaping @Sendable (RoutingSnapshot) -> [UInt8]
    ) throws -> Reception {
        let controlPlane = controlPlane
        @Sendable func decide(atEnd: Bool) throws(RegistryError) -> Response? {
            let snapshot = controlPlane.routing.current
            let fields: Fields = [
                .contentType: "application/json", .etag: "\"\(snapshot.tag)\"", .cacheControl: "no-store",
            ]
            switch delta(snapshot) {
            case .delta(let data): return Response(.ok, fields: fields, body: .shared(data))
            case .unchanged: return atEnd ? Response(.ok, fields: fields, body: .bytes(empty(snapshot))) : nil
            case .gone(let oldest):
                throw Self.gone(since, "deltas reach back to \(RevisionTag(snapshot.incarnation, oldest))")
            case .ahead: throw Self.gone(since, "the table is at \(snapshot.tag)")
            }
        }
        guard let wait, wait > .zero else {
            guard let response = try decide(atEnd: true) else { preconditionFailure("the end has an answer") }
            return .answer(response)
        }
        if let response = try decide(atEnd: false) { return .answer(response) }
        // Up to a fifth shorter at random, so that no two gateways fall in step.
        let deadline = controlPlane.clock.uptime() + wait * Double.random(in: 0.8...1)
        let requestID = call.requestID
        return .watch(
            Watch(signal: routed, deadline: deadline, owner: owner.map { "gateway \($0)" }) { moment in
                do throws(RegistryError) {
                    return try decide(atEnd: moment == .ended).map { .answer($0) }
                } catch {
                    return .answer(Problem.response(error, requestID: requestID))
                }
            })
    }

    private static func gone(_ since: RevisionTag, _ why: String) -> RegistryError {
        RegistryError(
            .revisionGone, "There is no delta from \(since): \(why).", nextSteps: ["GET /v1/routing-table"])
    }
}
