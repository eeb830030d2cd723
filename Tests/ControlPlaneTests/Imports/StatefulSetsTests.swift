import JSON
import Registry
import Testing

@testable import ControlPlane

@Suite("StatefulSets")
struct StatefulSetsTests {
    private static let zones = ["us-east-1a", "us-east-1b", "us-east-1c"]
    private static let reader = StatefulSets(zones: zones, capacity: 200, active: true)

    /// A cell of the deployment guide, as `kubectl get statefulset -o json` prints it.
    private static func statefulSet(_ number: Int) -> JSONValue {
        func container(_ name: String, _ port: Int64, _ variables: [JSONValue]) -> JSONValue {
            [
                "name": .string(name), "image": .string("titan/\(name):v1.0.0"),
                "imagePullPolicy": "IfNotPresent",
                "ports": [["containerPort": .integer(port), "name": "grpc", "protocol": "TCP"]],
                "env": .array([["name": "CELL_ID", "value": .string("\(number)")]] + variables),
                "resources": ["limits": ["cpu": "1", "memory": "2Gi"]],
            ]
        }
        let labels: JSONValue = ["app": "cell", "cell-id": .string("\(number)")]
        return [
            "apiVersion": "apps/v1", "kind": "StatefulSet",
            "metadata": [
                "name": .string("cell-\(number)"), "namespace": "titan-cells", "labels": labels,
                "generation": 1,
                "annotations": ["kubectl.kubernetes.io/last-applied-configuration": "{}\n"],
                "creationTimestamp": "2026-01-31T12:03:10Z", "resourceVersion": "12345",
                "uid": "00000000-0000-0000-0000-000000000000",
            ],
            "spec": [
                "replicas": 3, "serviceName": .string("cell-\(number)"), "selector": ["matchLabels": labels],
                "template": [
                    "metadata": ["labels": labels],
                    "spec": [
                        "containers": [
                            container(
                                "order-service", 50051,
                                [
                                    [
                                        "name": "SCYLLA_NODES",
                                        "value": "titan-scylla-us-east-1a-0.titan-data.svc.cluster.local",
                                    ],
                                    ["name": "KAFKA_BROKERS", "value": "titan-kafka-kafka-bootstrap:9092"],
                                ]),
                            container(
                                "inventory-service", 50052,
                                [["name": "REDIS_URL", "value": "redis-cluster:6379"]]),
                            container(
                                "payment-service", 50053,
                                [
                                    [
                                        "name": "STRIPE_API_KEY",
                                        "valueFrom": [
                                            "secretKeyRef": ["name": "payment-secrets", "key": "k"]
                                        ],
                                    ]
                                ]),
                        ]
                    ],
                ],
            ],
            "status": ["replicas": 3, "readyReplicas": 3],
        ]
    }

    private static func list(_ items: [JSONValue]) -> JSONValue {
        ["apiVersion": "v1", "items": .array(items), "kind": "List", "metadata": ["resourceVersion": ""]]
    }

    private static func document(_ item: JSONValue, _ reader: StatefulSets = Self.reader) throws -> JSONValue
    {
        try #require(try reader.lines(of: item).first).document.get()
    }

    @Test("the guide's five hundred cells become cells over three zones, and again nothing changes")
    func guide() async throws {
        try await TemporaryControlPlane.withPlane { plane in
            let list = Self.list((1...500).map(Self.statefulSet))
            // As it comes over the wire.
            let lines = try Self.reader.lines(of: JSONValue(parsing: list.encoded(.pretty)))
            #expect(lines.map(\.number) == Array(1...500))
            let report = try await plane.importBatch(
                lines, of: .cells, into: ImportReport(), as: How().request.context)
            #expect(report.created == 500)
            #expect(report.shown["failures"] == [])
            var perZone: [String: Int] = [:]
            for record in try plane.cells(CellFilter(), Page(limit: 1000)) {
                perZone[record.cell.zone, default: 0] += 1
            }
            #expect(perZone == ["us-east-1a": 167, "us-east-1b": 167, "us-east-1c": 166])

            let cell = try #require(try plane.cell(named: "cell-2"))
            #expect(cell.zone == "us-east-1b")
            #expect(cell.region == "us-east-1")
            #expect(cell.state == .active)
            #expect(cell.capacity == 200)
            #expect(
                cell.endpoints == [
                    "order-service": "cell-2.titan-cells.svc.cluster.local:50051",
                    "inventory-service": "cell-2.titan-cells.svc.cluster.local:50052",
                    "payment-service": "cell-2.titan-cells.svc.cluster.local:50053",
                ])
            #expect(cell.images["order-service"] == "titan/order-service:v1.0.0")
            #expect(
                cell.dataStores == [
                    "scylla": ["titan-scylla-us-east-1a-0.titan-data.svc.cluster.local:9042"],
                    "kafka": ["titan-kafka-kafka-bootstrap:9092"], "redis": ["redis-cluster:6379"],
                ])
            #expect(cell.labels == ["app": "cell", "cell-id": "2"])

            let again = try await plane.importBatch(
                lines, of: .cells, into: ImportReport(), as: How().request.context)
            #expect(again.unchanged == 500)
        }
    }

    @Test("cells that were activated since stay active when the same list comes again")
    func activatedSince() async throws {
        try await TemporaryControlPlane.withPlane { plane in
            let lines = try StatefulSets(zones: Self.zones, capacity: 5, active: false).lines(
                of: Self.list([Self.statefulSet(1)]))
            let context = How().request.context
            #expect(
                try await plane.importBatch(lines, of: .cells, into: ImportReport(), as: context).created == 1
            )
            #expect(try plane.cell(named: "cell-1")?.state == .provisioning)
            try await plane.move(cell: "cell-1", .activate)
            #expect(
                try await plane.importBatch(lines, of: .cells, into: ImportReport(), as: context).unchanged
                    == 1)
            #expect(try plane.cell(named: "cell-1")?.state == .active)
        }
    }

    @Test("one StatefulSet alone is a list of one, and what is no cell is left out")
    func kinds() throws {
        #expect(try Self.reader.lines(of: Self.statefulSet(3)).count == 1)
        let other: JSONValue = [
            "kind": "StatefulSet", "metadata": ["name": "postgres", "labels": ["app": "db"]],
        ]
        let pod = Self.statefulSet(1).applyingMergePatch(["kind": "Pod"])
        let unlabelled = Self.statefulSet(4).applyingMergePatch(["metadata": ["labels": .null]])
        let lines = try Self.reader.lines(of: Self.list([other, Self.statefulSet(1), pod, unlabelled]))
        #expect(lines.map(\.number) == [2, 4])
        for wrong: JSONValue in [[:], ["kind": "PodList", "items": []], ["kind": "List"], [], "x"] {
            let error = #expect(throws: RegistryError.self) { try Self.reader.lines(of: wrong) }
            #expect(error?.errors.map(\.field) == ["kind"])
        }
    }

    @Test("the zone is what the StatefulSet says, else dealt by its number")
    func zone() throws {
        let key = "topology.kubernetes.io/zone"
        func zone(_ patch: JSONValue, _ reader: StatefulSets = Self.reader) throws -> JSONValue? {
            try Self.document(Self.statefulSet(1).applyingMergePatch(patch), reader)["zone"]
        }
        #expect(try zone(["metadata": ["labels": .object([key: "z1"])]]) == "z1")
        #expect(try zone(["spec": ["template": ["metadata": ["labels": .object([key: "z2"])]]]]) == "z2")
        #expect(try zone(["spec": ["template": ["spec": ["nodeSelector": .object([key: "z3"])]]]]) == "z3")
        for (name, index) in [
            ("cell-1", 0), ("cell-2", 1), ("cell-3", 2), ("cell-4", 0), ("cell-0", 2), ("cell-a", 0),
            ("cell-007", 0),
            ("cell-9223372036854775807", 0), ("cell-99999999999999999999", 0),
        ] {
            #expect(try zone(["metadata": ["name": .string(name)]]) == .string(Self.zones[index]), "\(name)")
        }
        let none = StatefulSets(zones: [], capacity: 1, active: false)
        let error = #expect(throws: RegistryError.self) { try Self.document(Self.statefulSet(1), none) }
        #expect(error?.errors.map(\.field) == ["zones"])
    }

    @Test(
        "of a data store's URL the host and port are kept, and never a password",
        arguments: [
            ("redis-cluster:6379", ["redis-cluster:6379"]), ("redis-cluster", ["redis-cluster:6379"]),
            ("redis://redis:6380/0", ["redis:6380"]), ("redis://redis/0", ["redis:6379"]),
            ("redis://:secret@redis:6380/0?timeout=1", ["redis:6380"]),
            ("rediss://user:p%40ss@redis", ["redis:6379"]),
            ("a:1, b ,redis://c:3", ["a:1", "b:6379", "c:3"]), ("", []),
        ] as [(String, [String])])
    func addresses(_ value: String, _ expected: [String]) throws {
        let container: JSONValue = ["name": "s", "env": [["name": "REDIS_URL", "value": .string(value)]]]
        let item = Self.statefulSet(1).applyingMergePatch([
            "spec": ["template": ["spec": ["containers": [container]]]]
        ])
        let document = try Self.document(item)
        #expect(document["dataStores"]?["redis"]?.array?.compactMap(\.string) == expected)
        #expect(!document.encodedString().contains("secret"))
    }

    @Test("a StatefulSet that is bare or broken is a line that fails, not a crash")
    func bare() async throws {
        try await TemporaryControlPlane.withPlane { plane in
            let items: [JSONValue] = [
                ["metadata": ["name": "cell-1"]], ["metadata": ["name": "cell-UPPER"]],
                [
                    "metadata": ["name": "cell-2", "labels": "x"],
                    "spec": ["template": ["spec": ["containers": [1, ["name": 5]]]]],
                ],
            ]
            let lines = try Self.reader.lines(of: Self.list(items))
            let report = try await plane.importBatch(
                lines, of: .cells, into: ImportReport(), as: How().request.context)
            #expect([report.created, report.failed] == [1, 2])
        }
    }
}
