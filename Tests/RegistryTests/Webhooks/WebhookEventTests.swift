import JSON
import Registry
import Testing

@Suite("Webhook events")
struct WebhookEventTests {
    private static let at = Timestamp(rawValue: 1_769_860_990_000)

    private func event(_ kind: ResourceKind, _ before: JSONValue?, _ after: JSONValue?) throws
        -> WebhookEvent?
    {
        try WebhookEvent(
            AuditEvent(
                revision: Revision(rawValue: 7), at: Self.at, actor: "alice", operation: "drainCell",
                kind: kind,
                id: "drain-k3v7q2mzt5xa", document: after?.encodedString(.canonical),
                previous: before == nil ? .zero : Revision(rawValue: 6), reason: "rack 12", requestID: "r",
                traceparent: ""), before: before)
    }

    private func drain(_ state: String, _ intent: String = "run") -> JSONValue {
        [
            "id": "drain-k3v7q2mzt5xa", "kind": "drain", "state": .string(state), "intent": .string(intent),
            "resource": "/v1/cells/cell-7", "total": 3, "spec": ["much": "more"],
        ]
    }

    private func rollout(_ state: String, wave: Int64 = 1) -> JSONValue {
        ["id": "rollout-k3v7q2mzt5xa", "release": "v2", "state": .string(state), "wave": .integer(wave)]
    }

    @Test("an operation's changes of state are told, each by its name")
    func operations() throws {
        #expect(try event(.operation, nil, drain("running"))?.type == "drain.started")
        for (before, after, type) in [
            (drain("running"), drain("paused", "pause"), "drain.paused"),
            (drain("paused", "pause"), drain("running"), "drain.resumed"),
            (drain("paused", "pause"), drain("running", "cancel"), "drain.cancelling"),
            (drain("running"), drain("running", "cancel"), "drain.cancelling"),
            (drain("running", "cancel"), drain("cancelled", "cancel"), "drain.cancelled"),
            (drain("running"), drain("succeeded"), "drain.succeeded"),
            (drain("running"), drain("failed"), "drain.failed"),
        ] { #expect(try event(.operation, before, after)?.type == type) }
        #expect(try event(.operation, drain("running"), drain("running")) == nil)
        #expect(try event(.operation, drain("running"), nil) == nil)
    }

    @Test("a rollout's changes of state are told, and its waves")
    func rollouts() throws {
        #expect(try event(.rollout, nil, rollout("pending", wave: 0))?.type == "rollout.started")
        for (before, after, type) in [
            (rollout("pending", wave: 0), rollout("running"), "rollout.running"),
            (rollout("running"), rollout("running", wave: 2), "rollout.wave"),
            (rollout("running"), rollout("awaitingApproval"), "rollout.awaitingApproval"),
            (rollout("awaitingApproval"), rollout("running", wave: 2), "rollout.resumed"),
            (rollout("paused"), rollout("running"), "rollout.resumed"),
            (rollout("running"), rollout("rollingBack"), "rollout.rollingBack"),
            (rollout("rollingBack"), rollout("rolledBack"), "rollout.rolledBack"),
        ] { #expect(try event(.rollout, before, after)?.type == type) }
    }

    @Test("a backup's and a restore's end is told, and a run that was missed")
    func backups() throws {
        func backup(_ phase: String, _ failure: String? = nil, source: String = "api") -> JSONValue {
            [
                "name": "daily-1", "phase": .string(phase), "source": .string(source),
                "failureReason": failure.map { .string($0) } ?? .null,
            ]
        }
        for (phase, failure, type) in [
            ("Completed", nil, "backup.completed"), ("PartiallyFailed", nil, "backup.failed"),
            ("Failed", "reported", "backup.failed"), ("Failed", "replaced", "backup.failed"),
            ("Failed", "timedOut", "backup.stuck"), ("Failed", "workerSilent", "backup.stuck"),
            ("FailedValidation", "coversNothing", "backup.failed"), ("Finalizing", nil, nil),
            ("Deleting", nil, nil),
        ] as [(String, String?, String?)] {
            let told = try event(.backup, backup("InProgress"), backup(phase, failure))
            #expect(told?.type == type, "\(phase)")
        }
        #expect(try event(.restore, backup("New"), backup("Failed", "timedOut"))?.type == "restore.failed")
        #expect(try event(.restore, backup("New"), backup("Completed"))?.type == "restore.completed")
        // What was said once is not said again, and what is imported was over long ago.
        #expect(try event(.backup, backup("Completed"), backup("Completed", "x")) == nil)
        #expect(try event(.backup, nil, backup("Completed"))?.type == "backup.completed")
        #expect(try event(.backup, nil, backup("Completed", source: "import")) == nil)

        let missed: JSONValue = ["name": "daily", "lastMissed": ["dueAt": "2026-03-02T02:00:00.000Z"]]
        #expect(try event(.backupSchedule, ["name": "daily"], missed)?.type == "backup.missed")
        #expect(try event(.backupSchedule, missed, missed) == nil)
        #expect(try event(.backupSchedule, missed, ["name": "daily"]) == nil)
    }

    @Test("every state that a rollout or an operation can come to is a type that a webhook can ask for")
    func complete() throws {
        for state in RolloutState.allCases where state != .pending && state != .running {
            let type = try event(.rollout, rollout("running"), rollout(state.rawValue))?.type
            #expect(type.map(WebhookEvent.types.contains) == true, "\(state)")
        }
        for state in OperationState.allCases where state != .running {
            let type = try event(.operation, drain("running"), drain(state.rawValue))?.type
            #expect(type.map(WebhookEvent.types.contains) == true, "\(state)")
        }
        #expect(Set(WebhookEvent.types).count == WebhookEvent.types.count)
    }

    @Test("no other kind is told", arguments: ResourceKind.allCases)
    func others(_ kind: ResourceKind) throws {
        let told = try event(kind, nil, drain("running")) != nil
        #expect(told == [.operation, .rollout].contains(kind))
        #expect(
            WebhookEvent.tells(of: kind) == (told || [.backupSchedule, .backup, .restore].contains(kind)))
    }

    @Test("what is sent says what happened to what, by whom and why, and leaves the rest to be read")
    func document() throws {
        let told = try #require(try event(.operation, drain("running"), drain("succeeded")))
        let id = RevisionTag(try #require(Incarnation("k3v7q2mzt5xa")), told.revision)
        #expect(
            told.document(id) == [
                "id": "k3v7q2mzt5xa.7", "type": "drain.succeeded", "at": "2026-01-31T12:03:10.000Z",
                "revision": 7,
                "resource": "/v1/operations/drain-k3v7q2mzt5xa", "state": "succeeded",
                "previousState": "running",
                "actor": "alice", "reason": "rack 12",
                "data": ["id": "drain-k3v7q2mzt5xa", "total": 3, "about": "/v1/cells/cell-7"],
            ])
    }

    @Test("a pattern takes the types that it names")
    func patterns() throws {
        for (pattern, taken, left) in [
            ("*", "drain.failed", ""), ("drain.*", "drain.failed", "rollout.failed"),
            ("*.failed", "rollout.failed", "rollout.paused"),
            ("drain.failed", "drain.failed", "drain.paused"),
            ("rollout.wave", "rollout.wave", "drain.failed"),
        ] {
            let found = try #require(WebhookPattern(pattern))
            #expect(found.matches(taken) && !found.matches(left), "\(pattern)")
        }
    }

    @Test(
        "a pattern that no event has is refused: it would keep quiet for ever",
        arguments: [
            "", ".", "*.*", "drain", "drain.", ".failed", "drain.done", "drains.*", "*.fail",
            "rollout.cancelled",
            "drain.*.x", "DRAIN.*", "**",
        ])
    func noPatterns(_ text: String) { #expect(WebhookPattern(text) == nil) }
}

@Suite("Webhook delivery")
struct WebhookDeliveryTests {
    private let now = Timestamp(rawValue: 1_769_860_990_000)

    private func delivery() throws -> WebhookDelivery {
        WebhookDelivery(
            webhook: "pager",
            id: RevisionTag(try #require(Incarnation("k3v7q2mzt5xa")), Revision(rawValue: 7)),
            type: "drain.failed", body: "{}", createdAt: now)
    }

    @Test("2xx ends it well, 410 badly, and everything else is tried again")
    func answers() throws {
        for (status, state) in [
            (200, WebhookDelivery.State.delivered), (204, .delivered), (299, .delivered), (300, .pending),
            (301, .pending), (400, .pending), (404, .pending), (410, .dead), (429, .pending), (500, .pending),
            (nil, .pending),
        ] as [(Int?, WebhookDelivery.State)] {
            var tried = try delivery()
            tried.tried(status, "", pause: nil, at: now, random: 1)
            #expect(tried.state == state, "\(String(describing: status))")
            #expect((tried.nextAt != nil) == (state == .pending))
            #expect((tried.endedAt != nil) == (state != .pending))
            #expect(tried.attempts == 1 && tried.attemptedAt == now)
        }
    }

    @Test("the pauses double, end at an hour, and are jittered; a receiver may ask for longer, up to that")
    func pauses() throws {
        var tried = try delivery()
        var pauses: [Int64] = []
        while tried.state == .pending {
            tried.tried(503, "", pause: nil, at: now, random: 1)
            if let next = tried.nextAt { pauses.append((next.rawValue - now.rawValue) / 1000) }
        }
        #expect(pauses == [5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600, 3600, 3600, 3600])
        #expect(tried.state == .dead && tried.attempts == Limits.webhookAttemptsMax)

        var asked = try delivery()
        asked.tried(429, "", pause: .seconds(90), at: now, random: 0)
        #expect(asked.nextAt == now.advanced(byMilliseconds: 90_000))
        asked.tried(429, "", pause: .seconds(86_400), at: now, random: 0)
        #expect(asked.nextAt == now.advanced(byMilliseconds: 3_600_000))
        asked.tried(503, "", pause: nil, at: now, random: 0)
        #expect(asked.nextAt == now.advanced(byMilliseconds: 1000))
    }

    @Test("one that was given up or taken can be tried anew, from the first pause on")
    func anew() throws {
        for status in [410, 200] {
            var tried = try delivery()
            tried.tried(status, "", pause: nil, at: now, random: 1)
            tried.redeliver(at: now)
            #expect(
                tried.state == .pending && tried.attempts == 0 && tried.nextAt == now && tried.endedAt == nil)
        }
    }
}
