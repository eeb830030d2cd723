import Crypto
import JSON
import Registry
import Store
import Synchronization

/// How a write is to be done: by whom and why, on what condition, for real or not.
public struct ChangeRequest: Sendable {
    public var context: ChangeContext
    public var expectation: Expectation
    public var dryRun: Bool
    /// The plan token that a dry run gave: the write must do exactly what it showed.
    public var plan: String?
    public var idempotencyKey: IdempotencyKey?
    /// How the answer is kept under that key; nil: as it is.
    public var seal: AnswerSeal?
    /// Where the resource will be found, for the `Location` of a new one.
    public var location: String
    /// True for many resources at once.
    public var bulk: Bool

    public init(
        context: ChangeContext, expectation: Expectation = .any, dryRun: Bool = false, plan: String? = nil,
        idempotencyKey: IdempotencyKey? = nil, seal: AnswerSeal? = nil, location: String = "",
        bulk: Bool = false
    ) {
        self.context = context
        self.expectation = expectation
        self.dryRun = dryRun
        self.plan = plan
        self.idempotencyKey = idempotencyKey
        self.seal = seal
        self.location = location
        self.bulk = bulk
    }
}

extension ControlPlane {
    /// The one way in which anything is changed: a transaction of `body`, answered once it is durable and published.
    ///
    /// - Throws: what `body` throws; `planChanged`; `idempotencyKeyInUse`, `idempotencyKeyReused`; the disk's errors.
    public func change(
        _ request: ChangeRequest, _ body: @escaping @Sendable (Change) throws -> Outcome
    ) async throws(RegistryError) -> Answer {
        guard let key = request.idempotencyKey, !request.dryRun else { return try await run(request, body) }
        guard running.withLock({ $0.insert(key).inserted }) else {
            throw RegistryError(
                .idempotencyKeyInUse, "A request with the idempotency key '\(key.key)' still runs.",
                nextSteps: ["wait a moment, then send it again for its answer"])
        }
        defer { running.withLock { _ = $0.remove(key) } }
        return try await run(request, body)
    }

    private func run(
        _ request: ChangeRequest, _ body: @escaping @Sendable (Change) throws -> Outcome
    ) async throws(RegistryError) -> Answer {
        let done = try await store.write(as: request.context, bulk: request.bulk) {
            [incarnation] transaction -> Done in
            try transaction.requireToken()
            let key = request.dryRun ? nil : request.idempotencyKey
            if let key, let kept = try transaction.answer(to: key) {
                return .answered(try Answer(request.unsealed(kept)))
            }

            let outcome = try body(
                Change(transaction, expectation: request.expectation, isRehearsal: request.dryRun))
            if let plan = request.plan, plan != Effects(of: transaction).plan {
                throw RegistryError(
                    .planChanged,
                    "What the plan was made of has changed: the write would now do something else.",
                    nextSteps: ["send the dry run again, and look at what it shows now"])
            }
            if request.dryRun {
                transaction.rollBackAtEnd()
                let effects = Effects(of: transaction)
                var result = outcome.shown
                for secret in ["token", "secret"] where result[secret] != nil { result[secret] = nil }
                var shown: JSONObject = [
                    "dryRun": true, "plan": .string(effects.plan), "effects": try effects.shown(),
                    "result": outcome.isRefused ? .null : .object(result),
                ]
                for (name, value) in outcome.plan ?? [:] { shown[name] = value }
                return .answered(Answer(body: .object(shown)))
            }
            guard let key else { return .outcome(outcome) }
            let answer = Answer(outcome, incarnation: incarnation, location: request.location)
            try transaction.keep(request.sealed(answer.kept), for: key)
            return .answered(answer)
        }
        switch done {
        case .answered(let answer): return answer
        case .outcome(let outcome):
            return Answer(outcome, incarnation: incarnation, location: request.location)
        }
    }

    /// What a transaction ends with: an answer, or what one can be made of off the writer's thread.
    private enum Done: Sendable {
        case answered(Answer)
        case outcome(Outcome)
    }
}

extension IdempotencyKey {
    /// - Parameter parts: what tells one request from another; each is hashed with its length before it.
    public init(principal: String, key: String, parts: [[UInt8]]) {
        var digest = SHA256()
        for part in parts {
            digest.update(data: Array("\(part.count):".utf8))
            digest.update(data: part)
        }
        self.init(principal: principal, key: key, fingerprint: Array(digest.finalize()))
    }
}

extension ChangeRequest {
    fileprivate func sealed(_ answer: KeptAnswer) throws -> KeptAnswer {
        var answer = answer
        if let seal { answer.body = try seal.seal(answer.body) }
        return answer
    }

    fileprivate func unsealed(_ kept: KeptAnswer) throws(RegistryError) -> KeptAnswer {
        guard let seal else { return kept }
        guard let body = seal.open(kept.body) else {
            throw RegistryError(
                .idempotencyKeyReused, "The idempotency key was used with another token of the same name.",
                nextSteps: ["send this request with a key of its own"])
        }
        var answer = kept
        answer.body = body
        return answer
    }
}

extension WriteTransaction {
    /// - Throws: `unauthenticated` where the token has been revoked, or has expired, since the request began.
    func requireToken() throws {
        guard try !admits(context.principal, at: now) else { return }
        throw RegistryError(
            .unauthenticated, "The token '\(context.principal.name)' was revoked or has expired meanwhile.",
            nextSteps: ["send Authorization: Bearer <token>"])
    }
}
