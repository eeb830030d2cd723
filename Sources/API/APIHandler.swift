import ControlPlane
import HTTP
import Registry

/// Serves the API on one listener: finds the operation, asks who calls, hands over, and turns errors into problems.
public struct APIHandler: Handler {
    private let endpoints: Endpoints
    /// Nil for what another listener serves.
    private let routes: RouteTable<ServedOperation?>

    public init(_ endpoints: Endpoints, listener: Operation.Listener) {
        self.endpoints = endpoints
        // The main one knows every path of the contract, so that a wrong method is 405 on what another serves too.
        let known = Routes.all.filter { listener == .main || $0.listeners.contains(listener) }
        routes = RouteTable(
            known.map { operation in
                let isServed = operation.listeners.contains(listener)
                return (
                    operation.method, operation.path, isServed ? ServedOperation(operation, endpoints) : nil
                )
            })
    }

    public func receive(_ head: RequestHead) -> Reception {
        let requestID = RequestID(of: head)
        switch routes.match(head.method, path: head.path) {
        case .found(.none, _): return refusePath(requestID.text)
        case .found(.some(let served), let parameters):
            // No framing depends on it, but what a proxy makes of it nobody knows. A wrong method is told first.
            if head.hasBody, served.operation.method == .get {
                return refuse(
                    .malformedRequest, "A \(head.method.rawValue) has no body here.", requestID.text)
            }
            return Exchange(served, requestID, endpoints).reception {
                let call = try admit(head, to: served.operation, parameters, requestID)
                return try served.endpoint(call, head)
            }
        case .wrongMethod(let allowed):
            let methods = allowed.map(\.rawValue).joined(separator: ", ")
            var response = Problem.response(
                RegistryError(.methodNotAllowed, "This path takes \(methods), not \(head.method.rawValue)."),
                requestID: requestID.text)
            response.fields[.allow] = methods
            return .answer(response)
        case .notFound:
            return refusePath(requestID.text)
        case .malformedPath:
            return refuse(
                .malformedRequest, "The path has a bad percent escape, or is not UTF-8.", requestID.text)
        }
    }

    private func refusePath(_ requestID: String) -> Reception {
        refuse(
            .notFound, "There is no such path.", requestID,
            nextSteps: ["GET /openapi.yaml lists them all", "encode a ':' inside a name as %3A"])
    }

    private func refuse(_ code: ErrorCode, _ detail: String, _ requestID: String, nextSteps: [String] = [])
        -> Reception
    {
        .answer(Problem.response(RegistryError(code, detail, nextSteps: nextSteps), requestID: requestID))
    }

    private func admit(
        _ head: RequestHead, to operation: Operation, _ parameters: PathParameters, _ request: RequestID
    ) throws(RegistryError) -> Call {
        let principal = try authenticate(head, for: operation)
        return Call(
            operation: operation, parameters: parameters, query: try query(head, of: operation),
            principal: principal, request: request)
    }

    private static let anybody = Principal(name: "anonymous", role: .gateway)

    private func authenticate(_ head: RequestHead, for operation: Operation) throws(RegistryError)
        -> Principal
    {
        if operation.access == .open { return Self.anybody }
        guard let principal = head.withField(.authorization, bearer) else {
            guard
                let anonymous = endpoints.settings.anonymousRole.map({
                    Principal(name: "anonymous", role: $0)
                })
            else {
                throw RegistryError(
                    .unauthenticated, "This needs a token.", nextSteps: ["send Authorization: Bearer <token>"]
                )
            }
            guard operation.access.admits(anonymous.role) else {
                throw RegistryError(
                    .unauthenticated, "Without a token one may only read routing.",
                    nextSteps: [
                        "send Authorization: Bearer <token>; the first one is in the data folder's admin-token"
                    ])
            }
            return anonymous
        }
        guard let principal else {
            throw RegistryError(
                .unauthenticated, "The token is unknown, revoked or past its expiry.",
                nextSteps: ["send Authorization: Bearer <token>"])
        }
        guard operation.access.admits(principal.role) else {
            throw RegistryError(
                .permissionDenied,
                "The token '\(principal.name)' has the role '\(principal.role.rawValue)', which does not allow '\(operation.id)'."
            )
        }
        return principal
    }

    /// Who the field's bearer token stands for; the scheme compares without case (RFC 9110 §11.1).
    private func bearer(_ field: UnsafeBufferPointer<UInt8>) -> Principal? {
        guard field.count > 7, zip(field, Self.scheme).allSatisfy({ $0 | 0x20 == $1 }) else { return nil }
        return endpoints.controlPlane.tokens.principal(
            bearing: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(field)[7...]),
            at: endpoints.controlPlane.clock.now())
    }

    private static let scheme = Array("bearer ".utf8)

    private func query(_ head: RequestHead, of operation: Operation) throws(RegistryError) -> Query {
        guard head.query != nil else { return Query.none }
        let query: Query
        do {
            query = try Query(head.query)
        } catch {
            throw Self.malformed(error)
        }
        let unknown = query.names.filter { !operation.query.contains($0) }
        guard unknown.isEmpty else {
            let known = operation.query.isEmpty ? "none" : operation.query.sorted().joined(separator: ", ")
            throw RegistryError(
                .invalidArgument, "'\(unknown[0])' is no query parameter of this operation; known: \(known).",
                errors: unknown.map { FieldError($0, "is no query parameter of this operation") })
        }
        return query
    }

    private static func malformed(_ error: QueryError) -> RegistryError {
        switch error {
        case .malformedName:
            RegistryError(.malformedRequest, "The query has a name that is empty or badly encoded.")
        case .malformedValue(let name):
            RegistryError(
                .malformedRequest, "The query parameter '\(name)' is badly encoded.",
                errors: [FieldError(name, "has a bad percent escape, or is not UTF-8")])
        case .duplicate(let name):
            RegistryError(
                .malformedRequest, "The query parameter '\(name)' is given twice.",
                errors: [FieldError(name, "is given twice")])
        }
    }
}

extension Query {
    /// No parameters: what most of the gateways' requests have.
    static let none: Query = (try? Query(nil)) ?? { preconditionFailure("no query is a valid query") }()
}

/// `Authorization: Bearer <token>` (RFC 6750 §2.1).
enum Bearer {
    /// Nil for any other scheme.
    static func token(in field: String?) -> String? {
        guard let field, field.utf8.count > 7, field.prefix(7).lowercased() == "bearer " else { return nil }
        return String(field.dropFirst(7))
    }
}
