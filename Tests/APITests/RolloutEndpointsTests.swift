import HTTP
import JSON
import Registry
import Testing

@Suite("Rollouts")
struct RolloutEndpointsTests {
    @Test("workers bring a release to every cell in its waves, and the rollout succeeds")
    func succeeds() async throws {
        try await TestAPI.withRelease { api in
            let id = try await api.beginRollout("v1.1.0", ["canary": ["cell-5"], "bakeTime": "0s"])
            let cells = try await api.carryOut(id)
            #expect(cells.first == "cell-5" && Set(cells).count == 6 && cells.count == 6)
            let ended = try await api.rollout(id)
            #expect(ended["state"] == "succeeded" && ended["done"] == true)
            #expect(ended["progress"]?["completed"] == 6)
            #expect(ended["waves"]?.array?.map { $0["state"] } == ["baked", "baked", "baked"])
            for number in 1...6 { #expect(try await api.observed("cell-\(number)") == "v1.1.0") }
            // Who has it already is left alone by the next.
            let again = try await api.beginRollout()
            try await api.advanceRollouts()
            let skipped = try await api.rollout(again)
            #expect(skipped["state"] == "succeeded" && skipped["progress"]?["skipped"] == 6)
        }
    }

    @Test("a cell that turns out unhealthy takes every touched cell back to what it ran before")
    func rollsBack() async throws {
        try await TestAPI.withRelease { api in
            let id = try await api.beginRollout("v1.1.0", ["canary": ["cell-1"], "bakeTime": "0s"])
            let cells = try await api.carryOut(id) { cell, action in cell != "cell-2" || action == "rollback"
            }
            #expect(cells == ["cell-1", "cell-3", "cell-2", "-cell-2", "-cell-3", "-cell-1"])
            let ended = try await api.rollout(id)
            #expect(ended["state"] == "rolledBack" && ended["cause"]?["kind"] == "failureBudget")
            #expect(ended["progress"]?["completed"] == 3 && ended["progress"]?["skipped"] == 3)
            let services = try await api.send(.get, "/v1/cells/cell-2/services").expect(200)["items"]
            let before: JSONValue = ["release": .null, "image": "titan/order-service:v1.0.0"]
            #expect(
                services?.array?.first?["desired"] == before && services?.array?.first?["observed"] == before)
        }
    }

    @Test("a claim holds its cell for one worker until its lease is over; then the token is stale")
    func fencing() async throws {
        try await TestAPI.withRelease { api in
            let id = try await api.beginRollout("v1.1.0", ["canary": ["cell-1"], "bakeTime": "0s"])
            let first = try await api.claim(id, "one").expect(200).json
            try await api.claim(id, "two").expect(204)
            let foreign = try await api.report(
                ["cell": "cell-1", "fencingToken": 99, "release": "v1.1.0"], in: id
            ).expect(409, "stateConflict")
            #expect(try foreign.blockers == ["report/foreignToken"])
            let other = try await api.report(first, in: id, ["release": "v1.0.0"]).expect(
                409, "stateConflict")
            #expect(try other.blockers == ["report/anotherRelease"])
            let early = try await api.report(first, in: id, ["observedAt": "2020-01-01T00:00:00Z"])
                .expect(409, "stateConflict")
            #expect(try early.blockers == ["report/beforeTheChange"])

            api.clock.advance(by: .seconds(301))
            let second = try await api.claim(id, "two").expect(200).json
            #expect(second["cell"] == "cell-1" && second["attempt"] == 1)
            #expect((second["fencingToken"]?.integer ?? 0) > (first["fencingToken"]?.integer ?? 0))
            let stale = try await api.report(first, in: id).expect(409, "stateConflict")
            #expect(try stale.blockers == ["report/staleToken"])
            try await api.report(second, in: id).expect(200)
        }
    }

    @Test("a cell bakes for its time, which only time ends")
    func bakes() async throws {
        try await TestAPI.withRelease { api in
            let id = try await api.beginRollout("v1.1.0", ["canary": ["cell-1"], "bakeTime": "5m"])
            try await api.report(try await api.claim(id).expect(200).json, in: id).expect(200)
            try await api.claim(id).expect(204)
            let baking = try await api.rollout(id)
            #expect(baking["progress"]?["baking"] == 1 && baking["blockers"]?.names == ["cell/cell-1"])
            // Set an hour ahead, the clock ends no bake.
            api.clock.jump(by: .seconds(3600))
            try await api.advanceRollouts()
            #expect(try await api.rollout(id)["wave"] == 1)
            api.clock.advance(by: .seconds(300))
            try await api.advanceRollouts()
            #expect(try await api.rollout(id)["wave"] == 2)
        }
    }

    @Test("a cell that drains is skipped, one that is gone too, and the change calendar holds the start")
    func respects() async throws {
        try await TestAPI.withRelease { api in
            try await api.send(
                .put, "/v1/policies",
                [
                    "changeCalendar": [
                        ["name": "sale", "start": "2020-01-01T00:00:00Z", "end": "2099-01-01T00:00:00Z"]
                    ]
                ]
            ).expect(200)
            let id = try await api.beginRollout()
            try await api.advanceRollouts()
            let held = try await api.rollout(id)
            #expect(held["state"] == "pending" && held["blockers"]?.names == ["policy/changeCalendar"])
            try await api.claim(id).expect(204)
            try await api.send(.put, "/v1/policies", [:]).expect(200)
            try await api.send(.post, "/v1/cells/cell-4:drain").expect(202)
            let cells = try await api.carryOut(id)
            #expect(!cells.contains("cell-4") && cells.count == 5)
            #expect(try await api.rollout(id)["progress"]?["skipped"] == 1)
        }
    }

    @Test("two rollouts of one service never have a cell; of another service they do, one after the other")
    func locks() async throws {
        try await TestAPI.withRelease { api in
            let id = try await api.beginRollout("v1.1.0", [:], ["selector": ["cells": ["cell-1"]]])
            let claimed = try await api.claim(id).expect(200).json
            try await api.addRelease("v1.2.0")
            let body: JSONValue = ["release": "v1.2.0"]
            let refused = try await api.send(.post, "/v1/rollouts", body).expect(409, "inUse")
            #expect(try refused.blockers == ["rollout/\(id)"])
            let shown = try await api.send(.post, "/v1/rollouts?dryRun=true", body).expect(200)
            #expect(try shown["result"] == .null)
            #expect(try shown["preview"]?["blockers"]?.names == ["rollout/\(id)"])

            try await api.addRelease("pay-2", service: "payment-service")
            let other = try await api.beginRollout("pay-2", [:], ["selector": ["cells": ["cell-1"]]])
            try await api.claim(other).expect(204)
            #expect(try await api.rollout(other)["blockers"]?.names == ["rollout/\(id)"])
            try await api.report(claimed, in: id).expect(200)
            try await api.claim(other).expect(200)
            // An abort gives the cells free, and a rollback of it must take them again.
            try await api.send(.post, "/v1/rollouts/\(id):abort").expect(200)
            _ = try await api.beginRollout("v1.2.0", [:], ["selector": ["cells": ["cell-1"]]])
            try await api.send(.post, "/v1/rollouts/\(id):rollback").expect(409, "inUse")
        }
    }

    @Test("operators pause, resume, approve, reject and retry; the same again changes nothing")
    func actions() async throws {
        try await TestAPI.withRelease { api in
            let id = try await api.beginRollout(
                "v1.1.0", ["canary": ["cell-1"], "bakeTime": "0s", "approval": ["waves": [2]]],
                ["onFailure": "pause"])
            let path = "/v1/rollouts/\(id)"
            #expect(
                try await api.send(.post, "\(path):pause", ["reason": "lunch"]).expect(200)["state"]
                    == "paused")
            let paused = try await api.send(.post, "\(path):pause").expect(200)
            #expect(try paused["cause"] == ["kind": "operator", "message": "lunch"])
            try await api.claim(id).expect(204)
            try await api.send(.post, "\(path):approve").expect(409, "stateConflict")
            try await api.send(.post, "\(path):resume").expect(200)
            #expect(try await api.carryOut(id) == ["cell-1"])
            let asked = try await api.rollout(id)
            #expect(asked["state"] == "awaitingApproval" && asked["approvalAsked"]?["wave"] == 2)
            try await api.send(.post, "\(path):approve", ["wave": 3]).expect(409, "stateConflict")
            try await api.send(.post, "\(path):approve", ["wave": 2]).expect(200)
            _ = try await api.carryOut(id) { cell, _ in cell != "cell-2" }
            #expect(try await api.rollout(id)["state"] == "paused")
            try await api.send(.post, "\(path):retry", ["cells": ["cell-5"]]).expect(409, "stateConflict")
            try await api.send(.post, "\(path):retry").expect(200)
            _ = try await api.carryOut(id)
            #expect(try await api.rollout(id)["state"] == "succeeded")
            try await api.send(.post, "\(path):pause").expect(409, "operationDone")
        }
    }

    @Test("a wait is held until the rollout ends")
    func wait() async throws {
        try await TestAPI.withRelease { api in
            let id = try await api.beginRollout()
            let poll = try api.poll("/v1/rollouts/\(id):wait?wait=30s", as: .viewer)
            #expect(try await api.send(.get, "/v1/rollouts/\(id):wait?wait=0").expect(200)["done"] == false)
            try await api.send(.post, "/v1/rollouts/\(id):abort").expect(200)
            let answer = try await api.answer(await poll.woken(), to: poll).expect(200)
            #expect(try answer["state"] == "aborted")
        }
    }

    @Test("a plan holds only while the same cells are in the same waves, and lists and cells come in pages")
    func planAndPages() async throws {
        try await TestAPI.withRelease { api in
            let body: JSONValue = ["release": "v1.1.0"]
            let plan = try await api.send(.post, "/v1/rollouts?dryRun=true", body).expect(200)
            #expect(try api.databaseHolds(try #require(try plan["result"]?["id"]?.string)) == false)
            try await api.addCell("cell-7")
            let fields: Fields = ["if-plan-match": try #require(try plan["plan"]?.string)]
            try await api.send(.post, "/v1/rollouts", body, fields: fields).expect(412, "planChanged")
            let fresh = try await api.send(.post, "/v1/rollouts?dryRun=true", body).expect(200)
            let good: Fields = ["if-plan-match": try #require(try fresh["plan"]?.string)]
            let id = try #require(
                try await api.send(.post, "/v1/rollouts", body, fields: good).expect(202)["id"]?.string)
            #expect(try await api.page("/v1/rollouts?limit=1", key: "id") == [id])
            #expect(try await api.page("/v1/rollouts/\(id)/cells?limit=2", key: "cell").count == 7)
            #expect(try await api.page("/v1/rollouts?release=v9", key: "id").isEmpty)
            try await api.addCell("cell-8")
            #expect(try await api.rollout(id)["uncovered"] == ["cell-8"])
            try await api.send(.get, "/v1/rollouts/rollout-aaaaaaaaaaaa").expect(404, "notFound")
            try await api.send(.post, "/v1/rollouts", ["release": "v9"]).expect(404, "notFound")
        }
    }

    @Test("the same claim sent again with its key is answered with the same cell")
    func idempotent() async throws {
        try await TestAPI.withRelease { api in
            let id = try await api.beginRollout()
            let fields: Fields = ["idempotency-key": "claim-1"]
            let body: JSONValue = ["worker": "script"]
            let first = try await api.send(.post, "/v1/rollouts/\(id):claim", body, fields: fields).expect(
                200)
            let again = try await api.send(.post, "/v1/rollouts/\(id):claim", body, fields: fields).expect(
                200)
            #expect(first.bytes == again.bytes)
            #expect(try await api.rollout(id)["progress"]?["inFlight"] == 1)
        }
    }

    @Test("what this server is not set up for is refused when it is asked for, and in a preview")
    func notConfigured() async throws {
        try await TestAPI.withRelease { api in
            let query: JSONValue = [
                "name": "errors", "type": "prometheus", "query": "errors{cell=\"{{cell}}\"}",
                "comparison": "<", "threshold": 1,
            ]
            for body: JSONValue in [
                ["release": "v1.1.0", "executor": "kubernetes"],
                ["release": "v1.1.0", "strategy": ["gates": [query]]],
            ] {
                try await api.send(.post, "/v1/rollouts", body).expect(409, "stateConflict")
                try await api.send(.post, "/v1/rollouts:preview", body).expect(409, "stateConflict")
            }
            #expect(try await api.page("/v1/rollouts", key: "id").isEmpty)
        }
    }

    @Test(
        "after a jump of the clock a report counts that says by it when it was observed",
        arguments: [3600, -3600])
    func reportAfterJump(seconds: Int) async throws {
        try await TestAPI.withRelease { api in
            let id = try await api.beginRollout()
            api.clock.jump(by: .seconds(seconds))
            let work = try await api.claim(id).expect(200).json
            api.clock.advance(by: .seconds(2))
            let now: JSONObject = ["observedAt": .string(api.clock.now.description)]
            try await api.report(work, in: id, now).expect(200)
        }
    }
}
