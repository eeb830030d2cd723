import HTTP
import JSON
import Registry
import Testing

@testable import ControlPlane

@Suite("Safety policies and the cells' seal")
struct PolicyEndpointsTests {
    private static let freeze: JSONObject = [
        "name": "black friday", "start": "2026-03-01T00:00:00Z", "end": "2026-03-03T00:00:00Z",
    ]

    @Test("policies are the defaults until they are set, and can be put back as they are read")
    func roundTrip() async throws {
        try await TestAPI.with { api in
            let first = try await api.send(.get, "/v1/policies", as: .viewer).expect(200)
            #expect(try first["activeZonesMin"] == 1 && first["drainingCellsMax"] == 10)
            #expect(try first["remainingCapacityPercentMin"] == 0 && first["changeCalendar"] == [])
            #expect(try first["massFailureBrake"] == ["unhealthyPercent": 25, "cellsMin": 3])
            #expect(try first["revision"] == 0 && first["updatedAt"] == .null)

            let put = try await api.send(
                .put, "/v1/policies",
                [
                    "activeZonesMin": 2,
                    "changeCalendar": [
                        .object(Self.freeze),
                        [
                            "name": "weekend", "timeZone": "Europe/Berlin", "days": ["sat", "sun"],
                            "from": "00:00", "to": "24:00",
                        ],
                    ],
                ]
            ).expect(200)
            #expect(try put["previousRevision"] == 0)
            let read = try await api.send(.get, "/v1/policies").expect(200)
            #expect(read.etag == put.etag)
            #expect(try read["activeZonesMin"] == 2 && read["drainingCellsMax"] == 10)
            #expect(try read["updatedAt"] == "2026-03-02T09:00:00.000Z")
            #expect(
                try read["changeCalendar"]?.array?.compactMap { $0["name"]?.string } == [
                    "black friday", "weekend",
                ])
            let again = try await api.send(.put, "/v1/policies", try put.json).expect(200)
            #expect(again.etag == put.etag)
            try await api.send(.put, "/v1/policies", [:], fields: [.ifMatch: "\"\(api.table)\""]).expect(
                412, "preconditionFailed")
            let event = try await api.send(.get, "/v1/audit?kind=policies").expect(200)
            #expect(try event["items"]?.array?.count == 1)
        }
    }

    @Test(
        "what is no policy is refused with the field's name",
        arguments: [
            ("activeZonesMin", ["activeZonesMin": 17]), ("drainingCellsMax", ["drainingCellsMax": -1]),
            ("remainingCapacityPercentMin", ["remainingCapacityPercentMin": 101]),
            ("massFailureBrake.cellsMin", ["massFailureBrake": ["cellsMin": 0]]),
            ("changeCalendar[0].end", ["changeCalendar": [["name": "x", "start": "2026-03-02T00:00:00Z"]]]),
            (
                "changeCalendar[0].timeZone",
                [
                    "changeCalendar": [
                        [
                            "name": "x", "timeZone": "Mars/Olympus", "days": ["sat"], "from": "00:00",
                            "to": "01:00",
                        ]
                    ]
                ]
            ), ("minZones", ["minZones": 1]),
        ] as [(String, JSONValue)])
    func wrong(field: String, body: JSONValue) async throws {
        try await TestAPI.with { api in
            try await api.send(.put, "/v1/policies", body).expect(400, "invalidArgument", field: field)
            #expect(try await api.send(.get, "/v1/policies")["revision"] == 0)
        }
    }

    @Test("a rule that speaks against work is named, and an override with a reason goes on and is kept")
    func override() async throws {
        try await TestAPI.withAcme { api in
            try await api.addCell("cell-2", zone: "us-east-1b")
            try await api.send(.put, "/v1/policies", ["changeCalendar": [.object(Self.freeze)]]).expect(200)
            for target in ["/v1/tenants/acme:move", "/v1/cells/cell-1:drain", "/v1/rebalance"] {
                let refused = try await api.send(.post, target, [:]).expect(409, "policyViolation")
                #expect(try refused.blockers == ["policy/changeCalendar"])
                #expect(try refused["nextSteps"]?.array?.isEmpty == false)
            }
            #expect(try await api.send(.get, "/v1/cells/cell-1")["state"] == "active")
            try await api.send(.post, "/v1/tenants/acme:move", ["override": ["rules": ["changeCalendar"]]])
                .expect(400, "invalidArgument", field: "override.reason")
            try await api.send(
                .post, "/v1/tenants/acme:move", ["override": ["rules": ["drainingCellsMax"], "reason": "x"]]
            ).expect(409, "policyViolation")

            let override: JSONValue = ["rules": ["changeCalendar"], "reason": "the rack burns"]
            let id = try await api.begin("/v1/tenants/acme:move", ["to": "cell-2", "override": override])
            let ended = try await api.outcome(of: id)
            #expect(ended["state"] == "succeeded" && ended["override"] == override)
            let event = try await api.send(.get, "/v1/audit?kind=operation&id=\(id)&limit=1").expect(200)
            #expect(try event.text.contains("the rack burns"))
        }
    }

    @Test(
        "a window that opens on the way holds what has not begun, and an override lifts only the rules that it names"
    )
    func holds() async throws {
        try await TestAPI.withAcme { api in
            try await api.addCell("cell-2", zone: "us-east-1b")
            let first = try await api.begin("/v1/tenants/acme:move", ["to": "cell-2"])
            try await api.send(.put, "/v1/policies", ["changeCalendar": [.object(Self.freeze)]]).expect(200)
            let held = try await api.outcome(of: first)
            #expect(held["state"] == "running" && held["blockers"]?.names == ["policy/changeCalendar"])
            _ = try await api.send(.post, "/v1/operations/\(first):cancel").expect(200)
            #expect(try await api.outcome(of: first)["state"] == "cancelled")

            try await api.send(.put, "/v1/policies", [:]).expect(200)
            let second = try await api.begin(
                "/v1/tenants/acme:move",
                ["to": "cell-2", "override": ["rules": ["drainingCellsMax"], "reason": "another rule"]])
            try await api.send(.put, "/v1/policies", ["changeCalendar": [.object(Self.freeze)]]).expect(200)
            #expect(try await api.outcome(of: second)["blockers"]?.names == ["policy/changeCalendar"])
            #expect(try await api.tenant("acme", "cell") == "cell-1")
        }
    }

    @Test("no more cells drain at once than the rule lets")
    func draining() async throws {
        try await TestAPI.withAcme { api in
            try await api.addCell("cell-2", zone: "us-east-1b")
            try await api.addCell("cell-3", zone: "us-east-1c")
            try await api.send(.put, "/v1/policies", ["drainingCellsMax": 1]).expect(200)
            let id = try await api.begin("/v1/cells/cell-1:drain")
            let refused = try await api.send(.post, "/v1/cells/cell-2:drain").expect(409, "policyViolation")
            #expect(try refused.blockers == ["policy/drainingCellsMax"])
            #expect(try await api.outcome(of: id)["state"] == "succeeded")
            _ = try await api.begin("/v1/cells/cell-2:drain")
        }
    }

    @Test("a cell says how far it enforces its feed, and only its own token or an operator's may say so")
    func ownership() async throws {
        try await TestAPI.withAcme { api in
            try await api.addCell("cell-2")
            let said = try await api.send(
                .put, "/v1/cells/cell-1/ownership", ["applied": .string(api.table)], as: .cell
            ).expect(200)
            #expect(try said["cell"] == "cell-1" && said["applied"] == .string(api.table) && said["lag"] == 0)
            let old = api.table
            try await api.send(.post, "/v1/tenants/acme:suspend").expect(200)
            let behind = try await api.send(
                .put, "/v1/cells/cell-1/ownership", ["applied": .string(old)], as: .operator
            ).expect(200)
            #expect(try (behind["lag"]?.integer ?? 0) > 0)
            try await api.send(.put, "/v1/cells/cell-2/ownership", ["applied": .string(api.table)], as: .cell)
                .expect(403, "permissionDenied")
            try await api.send(
                .put, "/v1/cells/cell-1/ownership", ["applied": .string(api.table)], as: .gateway
            )
            .expect(403, "permissionDenied")
            try await api.send(.put, "/v1/cells/nowhere/ownership", ["applied": .string(api.table)]).expect(
                404, "notFound")
        }
    }

    @Test("a cell's poll may acknowledge what it polls from; who only reads acknowledges nothing")
    func ownershipByPoll() async throws {
        try await TestAPI.withAcme { api in
            let feed = "/v1/cells/cell-1/tenants?ack=true"
            let cell = try #require(CellID("cell-1"))
            try await api.send(.get, feed, as: .cell).expect(400, "invalidArgument", field: "ack")
            try await api.send(.get, "\(feed)&since=\(api.table)", as: .gateway).expect(
                403, "permissionDenied")
            #expect(api.controlPlane.seal(of: cell) == nil)
            try await api.send(.get, "\(feed)&since=\(api.table)", as: .cell).expect(200)
            #expect(api.controlPlane.seal(of: cell) == api.controlPlane.routing.current.revision)
        }
    }

    @Test("a cell can't have a table that was never published")
    func ownershipAhead() async throws {
        try await TestAPI.withAcme { api in
            let ahead = "\(api.controlPlane.incarnation).\(api.revision + 10)"
            for tag in [ahead, "aaaaaaaaaaaa.1"] {
                try await api.send(.put, "/v1/cells/cell-1/ownership", ["applied": .string(tag)], as: .cell)
                    .expect(410, "revisionGone")
            }
            for body in [["applied": "yesterday"], [:], ["applied": 7]] as [JSONValue] {
                try await api.send(.put, "/v1/cells/cell-1/ownership", body, as: .cell).expect(
                    400, "invalidArgument", field: "applied")
            }
        }
    }
}
