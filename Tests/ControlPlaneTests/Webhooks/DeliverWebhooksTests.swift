import Foundation
import HTTPTestServer
import JSON
import Registry
import Store
import Testing

@testable import ControlPlane

@Suite("Webhooks are delivered")
struct DeliverWebhooksTests {
    @Test("what happens is on its way when it has happened, signed with the webhook's own secret")
    func delivered() async throws {
        try await WebhookWorld.run { world, plane in
            let secret = try #require(try await world.put(in: plane))
            try await world.drain("cell-1", in: plane)
            #expect(try await world.deliver(in: plane) == "'pager' has taken 1 of 1 events")
            #expect(try await world.deliver(in: plane) == "nothing is to be delivered")

            let received = try #require(world.server.received.first)
            let event = try JSONValue(parsing: received.body)
            #expect(received.line == "POST /pager HTTP/1.1")
            #expect(event["type"] == "drain.started" && event["actor"] == "tester")
            let id = try #require(event["id"]?.string)
            #expect(received.field("titan-delivery") == "pager/\(id)")
            let timestamp = try #require(received.field("titan-timestamp"))
            let signature = try opensslHMAC(Array("\(timestamp).".utf8) + received.body, key: secret)
            #expect(received.field("titan-signature") == "v1=\(signature)")

            let delivery = try #require(try world.deliveries(in: plane).first)
            #expect(delivery.state == .delivered && delivery.status == 204 && delivery.id.description == id)
            #expect(try plane.webhook("pager")?.pending == 0)
        }
    }

    @Test("each webhook is told what it asks for, and nothing from before it was there")
    func asked() async throws {
        try await WebhookWorld.run { world, plane in
            try await world.drain("cell-1", in: plane)
            try await world.put("all", in: plane)
            try await world.put("none", ["events": ["rollout.*"]], in: plane)
            try await world.put("some", ["events": ["*.started"]], in: plane)
            try await world.drain("cell-2", in: plane)
            for _ in 1...3 { try await world.deliver(in: plane) }
            #expect(
                world.server.received.map(\.line).sorted() == ["POST /all HTTP/1.1", "POST /some HTTP/1.1"])
            #expect(try world.deliveries("none", in: plane).isEmpty)
        }
    }

    @Test("a dry run, and a write that is refused, tell nobody")
    func untold() async throws {
        try await WebhookWorld.run { world, plane in
            try await world.put(in: plane)
            try await world.drain("cell-1", dryRun: true, in: plane)
            let request = try DrainRequest(document: [:], cell: CellID("cell-1")!)
            await #expect(throws: RegistryError.self) {
                try await plane.change { change in
                    _ = try change.drain(CellID("cell-1")!, request)
                    throw RegistryError(.stateConflict, "after all")
                }
            }
            #expect(try world.deliveries(in: plane).isEmpty)
        }
    }

    @Test("a crash between the sending and the writing down sends it again, under the same id")
    func crash() async throws {
        try await WebhookWorld.opening { world in
            try await world.open { plane in
                try await world.put(in: plane)
                try await world.drain("cell-1", in: plane)
                // Sent, and the process ends before it is written down.
                let (webhook, due) = try plane.store.read { transaction in
                    (
                        try transaction.webhook("pager"),
                        try transaction.dueDeliveries(to: "pager", at: plane.clock.now(), limit: 9)
                    )
                }
                let known = try #require(webhook)
                let signed = try #require(plane.webhooks.signed(known))
                _ = await signed.deliver(
                    .init(
                        url: world.server.url, id: due[0].key, body: Array(due[0].body.utf8),
                        sentAt: plane.clock.now()))
            }
            try await world.open { plane async throws in
                #expect(try await world.deliver(in: plane) == "'pager' has taken 1 of 1 events")
            }
            let received = world.server.received
            #expect(received.count == 2)
            #expect(received[0].body == received[1].body)
            #expect(received[0].field("titan-delivery") == received[1].field("titan-delivery"))
        }
    }

    @Test("one that is not taken waits, and those behind it are not held up for longer than a step")
    func retried() async throws {
        try await WebhookWorld.run { world, plane in
            try await world.put(in: plane)
            for cell in ["cell-1", "cell-2", "cell-3"] { try await world.drain(cell, in: plane) }
            world.receiver.next(answer("503 Busy", #"{"message":"not now"}"#))
            #expect(try await world.deliver(in: plane) == "'pager' has taken 0 of 3 events")
            let waiting = try #require(try world.deliveries(in: plane).last)
            #expect(waiting.state == .pending && waiting.attempts == 1 && waiting.status == 503)
            #expect(waiting.message == "The receiver answered 503. not now")
            #expect(waiting.nextAt == plane.clock.now().advanced(byMilliseconds: 5000))
            #expect(try await world.deliver(in: plane) == "'pager' has taken 2 of 2 events")
            world.temporary.time.advance(.seconds(5))
            #expect(try await world.deliver(in: plane) == "'pager' has taken 1 of 1 events")
            let ids = world.server.received.compactMap { $0.field("titan-delivery") }
            #expect(ids.count == 4 && ids[0] == ids[3] && Set(ids).count == 3)
        }
    }

    @Test("a clock that is put back keeps no delivery waiting")
    func clock() async throws {
        try await WebhookWorld.run { world, plane in
            try await world.put(in: plane)
            try await world.drain("cell-1", in: plane)
            world.temporary.time.jump(byMilliseconds: -3_600_000)
            #expect(try await world.deliver(in: plane) == "'pager' has taken 1 of 1 events")
        }
    }

    @Test("after the last try it is dead, and a person can have it tried anew")
    func dead() async throws {
        try await WebhookWorld.run { world, plane in
            try await world.put(in: plane)
            try await world.drain("cell-1", in: plane)
            world.receiver.always(answer("302 Found", fields: "Location: http://127.0.0.1:1/\r\n", ""))
            for _ in 1...Limits.webhookAttemptsMax {
                try await world.deliver(in: plane)
                world.temporary.time.advance(.seconds(3600))
            }
            let dead = try #require(try world.deliveries(in: plane).first)
            #expect(dead.state == .dead && dead.attempts == Limits.webhookAttemptsMax)
            #expect(dead.message.contains("redirects are not followed"))
            #expect(try plane.webhook("pager")?.dead == 1)
            #expect(try await world.deliver(in: plane) == "nothing is to be delivered")

            world.receiver.always(answer("200 OK", ""))
            try await plane.change { try $0.redeliver(dead.id, to: "pager") }
            try await world.deliver(in: plane)
            let again = try #require(try world.deliveries(in: plane).first)
            #expect(again.state == .delivered && again.attempts == 1 && again.id == dead.id)
        }
    }

    @Test("a paused webhook is sent nothing, and gets what happened once it goes on")
    func paused() async throws {
        try await WebhookWorld.run { world, plane in
            try await world.put("pager", ["paused": true], in: plane)
            try await world.drain("cell-1", in: plane)
            #expect(try await world.deliver(in: plane) == "nothing is to be delivered")
            try await world.put(in: plane)
            try await world.deliver(in: plane)
            #expect(world.types == ["drain.started"])
        }
    }

    @Test("a ping is sent whatever the webhook asks for")
    func ping() async throws {
        try await WebhookWorld.run { world, plane in
            try await world.put("pager", ["events": ["rollout.failed"]], in: plane)
            try await plane.change { try $0.pingWebhook("pager") }
            try await world.deliver(in: plane)
            #expect(world.types == ["webhook.ping"])
        }
    }

    @Test("a webhook that does not answer keeps one reconciler, and the others serve the rest")
    func slow() async throws {
        try await WebhookWorld.run { world, plane in
            try await world.put("slow", in: plane)
            try await world.put("quick", in: plane)
            try await world.drain("cell-1", in: plane)
            #expect(plane.webhooks.begin("slow"))
            defer { plane.webhooks.end("slow") }
            #expect(try await world.deliver(in: plane) == "'quick' has taken 1 of 1 events")
            #expect(try await world.deliver(in: plane) == "nothing is to be delivered")
        }
    }

    @Test("no secret is in the database, nor in what is told of the webhook")
    func secrets() async throws {
        try await WebhookWorld.opening { world in
            let given = "a given secret of the receiver, quite long".replacing(" ", with: "-")
            try await world.open { plane in
                let made = try #require(try await world.put(in: plane))
                #expect(made.utf8.count == 64)
                #expect(try await world.put(in: plane) == nil)
                let anew = try #require(try await world.put("pager", ["rotateSecret": true], in: plane))
                #expect(anew != made)
                #expect(try await world.put("given", ["secret": .string(given)], in: plane) == nil)
                #expect(try plane.webhook("pager")?.webhook.secretVersion == 2)
                let dry = try await plane.change(How(dryRun: true)) {
                    try $0.putWebhook(plane.prepare(webhook: "new", ["url": .string(world.server.url)]))
                }
                #expect(try JSONValue(parsing: dry.body)["result"]?["secret"] == nil)
                for secret in [made, anew, given, WebhookWorld.serverSecret] {
                    let events = try plane.events(after: .zero, AuditFilter(), limit: 100).events
                    #expect(!events.contains { $0.event.document?.contains(secret) == true })
                    for file in ["registry.db", "registry.db-wal"] {
                        let bytes = try Data(
                            contentsOf: URL(fileURLWithPath: world.temporary.folder + "/" + file))
                        #expect(bytes.range(of: Data(secret.utf8)) == nil)
                    }
                }
            }
        }
    }

    @Test("under another secret of the server a webhook says so, until it is given a new one")
    func anotherSecret() async throws {
        try await WebhookWorld.opening { world in
            try await world.open { plane in
                try await world.put(in: plane)
                try await world.drain("cell-1", in: plane)
            }
            try await world.open(secret: "another secret of this server, also long") { plane in
                try await world.deliver(in: plane)
                #expect(world.server.received.isEmpty)
                #expect(try world.deliveries(in: plane).first?.message.contains("rotateSecret") == true)
                try await world.put("pager", ["rotateSecret": true], in: plane)
                world.temporary.time.advance(.seconds(5))
                try await world.deliver(in: plane)
                #expect(world.types == ["drain.started"])
            }
        }
    }

    @Test("what is kept has bounds: what ended long ago goes, and the oldest past a number")
    func bounds() async throws {
        try await WebhookWorld.run { world, plane in
            try await world.put(in: plane)
            for _ in 1...3 { try await plane.change { try $0.pingWebhook("pager") } }
            try await world.deliver(in: plane)
            for _ in 1...3 { try await plane.change { try $0.pingWebhook("pager") } }
            let step = DeleteExpiredDeliveries(controlPlane: plane, deliveriesMax: 4)
            #expect(try await step.step() == "deleted 2 deliveries")
            #expect(
                try world.deliveries(in: plane).map(\.state) == [.pending, .pending, .pending, .delivered])
            world.temporary.time.advance(Limits.webhookDeliveryLifetime + .seconds(1))
            #expect(try await step.step() == "deleted 1 deliveries")
            #expect(try world.deliveries(in: plane).count == 3)
            try await plane.change { try $0.deleteWebhook("pager") }
            #expect(try plane.deliveries(to: "pager", state: nil, before: .max, limit: 9) == nil)
        }
    }
}
