import ControlPlane
import HTTP
import JSON
import Registry

// One tenant's route, or a few: from memory for now, from the audit for the past.
extension Endpoints {
    func getRoute(_ call: Call, _ head: RequestHead) throws -> Reception {
        if let at = call.query["at"] {
            let id = try call.tenantID()
            return past(call, at) { [controlPlane] in try controlPlane.pastRoute(of: id, at: $0) }
        }
        let snapshot = controlPlane.routing.current
        let found = call.parameters.withBytes(0) { snapshot.routeAnswer(tenant: $0.span) }
        return .answer(route(found, "tenant", call.parameters[0], call))
    }

    func resolveRoute(_ call: Call, _ head: RequestHead) throws -> Reception {
        guard let host = call.query["host"] else {
            throw call.invalid("host", "'host' is required: GET /v1/routes?host=shop.example.com")
        }
        guard (1...Limits.hostBytesMax).contains(host.unicodeScalars.count) else {
            throw call.invalid("host", "'host' has 1 to \(Limits.hostBytesMax) characters.")
        }
        // What can be no host is nobody's: a gateway passes on whatever its client sent.
        guard let normalised = Host.normalised(host) else { return .answer(route(nil, "host", host, call)) }
        if let at = call.query["at"] {
            return past(call, at) { [controlPlane] in try controlPlane.pastRoute(ofHost: normalised, at: $0) }
        }
        return .answer(
            route(controlPlane.routing.current.routeAnswer(host: normalised), "host", normalised, call))
    }

    /// A found route may be used again for five seconds, an unknown name for one; a tenant that is being moved may be
    /// elsewhere, or refused, the next moment.
    private func route(
        _ route: RouteAnswer?, _ noun: String, _ name: @autoclosure () -> String, _ call: Call
    ) -> Response {
        guard let route else {
            var response = Problem.response(
                RegistryError(
                    .notFound, "There is no \(noun) '\(name())'.",
                    nextSteps: ["GET /v1/routing-table has all routes"]),
                requestID: call.requestID)
            response.fields[.cacheControl] = "max-age=1"
            return response
        }
        return Response(
            .ok, fields: route.isMoving ? Self.movingFields : Self.foundFields, body: .bytes(route.body))
    }

    private static let foundFields: Fields = [.contentType: "application/json", .cacheControl: "max-age=5"]
    private static let movingFields: Fields = [.contentType: "application/json", .cacheControl: "no-store"]

    private func past(
        _ call: Call, _ at: String, _ find: @escaping @Sendable (PastMoment) throws -> JSONValue?
    ) -> Reception {
        .deferred(bodyBytesMax: 0) { _ in
            await answer(call) {
                guard let route = try find(try moment(at, call)) else {
                    throw RegistryError(
                        .notFound, "There was no such tenant at \(at).",
                        nextSteps: ["GET /v1/tenants/{tenant}/history shows since when it is there"])
                }
                return json(route)
            }
        }
    }

    private func moment(_ at: String, _ call: Call) throws(RegistryError) -> PastMoment {
        guard let time = Timestamp(at) else {
            return .revision(try call.revision(at, named: "at", reached: controlPlane.revision))
        }
        guard time <= controlPlane.clock.now() else {
            throw RegistryError(
                .notFound, "\(at) is yet to come: it is \(controlPlane.clock.now()).",
                nextSteps: ["leave 'at' out for the route as it is now"])
        }
        return .time(time)
    }

    func resolveRoutes(_ call: Call, _ request: Request) async throws -> Response {
        let reader = try DocumentReader(try document(request, call))
        let tenants = reader.list("tenants", countMax: Limits.resolveKeysMax, "must be a string") { $0 } ?? []
        let hosts = reader.list("hosts", countMax: Limits.resolveKeysMax, "must be a string") { $0 } ?? []
        if tenants.count + hosts.count > Limits.resolveKeysMax {
            reader.report("hosts", "and 'tenants' together have at most \(Limits.resolveKeysMax) entries")
        }
        try reader.finish()

        let snapshot = controlPlane.routing.current
        var (routes, unknownTenants, unknownHosts): ([JSONValue], [String], [String]) = ([], [], [])
        for tenant in tenants {
            guard let body = snapshot.routeAnswer(tenant: tenant)?.body else {
                unknownTenants.append(tenant)
                continue
            }
            routes.append(try JSONValue(parsing: body))
        }
        for host in hosts {
            guard let normalised = Host.normalised(host),
                let body = snapshot.routeAnswer(host: normalised)?.body,
                var route = try JSONValue(parsing: body).object
            else {
                unknownHosts.append(host)
                continue
            }
            route["host"] = .string(host)
            routes.append(.object(route))
        }
        return json([
            "revision": .string(snapshot.tag.description), "routes": .array(routes),
            "notFound": [
                "tenants": .array(unknownTenants.map { .string($0) }),
                "hosts": .array(unknownHosts.map { .string($0) }),
            ],
        ])
    }

    /// Which cell, since when, and by whose doing.
    func explainRoute(_ call: Call, _ request: Request) async throws -> Response {
        let id = try call.tenantID()
        guard let route = controlPlane.routing.current.routeAnswer(tenant: id.rawValue)?.body else {
            throw noTenant(id)
        }
        let changes = try controlPlane.routeChanges(of: id, limit: 10)
        guard let last = changes.first else { throw noTenant(id) }
        return json([
            "route": try JSONValue(parsing: route),
            "since": ["revision": .integer(last.revision.rawValue), "at": .string(last.at.description)],
            "by": [
                "actor": .string(last.actor), "operation": .string(last.operation),
                "reason": .string(last.reason), "requestId": .string(last.requestID),
            ],
            "changes": .array(try changes.map { try $0.shown }),
        ])
    }
}

extension RoutingSnapshot {
    fileprivate func routeAnswer(tenant: String) -> RouteAnswer? { routeAnswer(tenant: tenant.utf8Span.span) }
    fileprivate func routeAnswer(host: String) -> RouteAnswer? { routeAnswer(host: host.utf8Span.span) }
}
