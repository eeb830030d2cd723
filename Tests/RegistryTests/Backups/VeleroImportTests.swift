import JSON
import Testing

@testable import Registry

/// A file of what Velero shows, kept with the tests.
private func sample(_ name: String) throws -> JSONValue {
    try JSONValue(
        parsing: Array(TextFile.read(TextFile.package + "Tests/RegistryTests/Golden/\(name)").utf8))
}

@Suite("Import from Velero")
struct VeleroImportTests {
    private func time(_ text: String) throws -> Timestamp { try #require(Timestamp(text)) }

    @Test("the samples are what Velero's own schemas allow")
    func samples() throws {
        let schema = try CustomResourceSchema()
        for (name, kind) in [("velero-backups.json", "Backup"), ("velero-schedules.json", "Schedule")] {
            for item in try #require(sample(name)["items"]?.array) {
                var object = try #require(item.object)
                object["kind"] = .string(kind)
                #expect(schema.faults(of: .object(object)) == [], "\(name)")
            }
        }
        #expect(try schema.faults(of: sample("velero-restore.json")) == [])
    }

    @Test("the phases are those of Velero's schemas")
    func phases() throws {
        let kinds = try sample("velero-crds.json")
        func phases(_ kind: String) -> [String]? {
            kinds[kind]?["properties"]?["status"]?["properties"]?["phase"]?["enum"]?.array?.compactMap(
                \.string)
        }
        #expect(phases("Backup") == VeleroBackup.phases)
        #expect(phases("Schedule") == VeleroSchedule.phases)
        #expect(phases("Restore") == VeleroRestore.phases)
    }

    @Test("a list of backups")
    func backups() throws {
        let read = try VeleroImport(sample("velero-backups.json"))
        #expect(read.failures == [] && read.count == 4)
        try #require(read.backups.count == 4)
        let daily = read.backups[0]
        #expect(daily.metadata.name == "daily-backup-20250101020000")
        #expect(daily.metadata.uid == "7f3b1d1e-4a31-4c53-9c3f-0c3f3d1b2a10")
        #expect(daily.schedule == "daily-backup" && daily.phase == "Completed")
        #expect(daily.metadata.labels.count == 2)
        #expect(daily.spec == VeleroSpec(storageLocation: "default"))
        #expect(daily.spec.isWhole && daily.spec.includedNamespaces == [])
        #expect(try daily.startedAt == time("2025-01-01T02:00:01Z"))
        #expect(try daily.completedAt == time("2025-01-01T02:07:41Z"))
        #expect(try daily.expiresAt == time("2025-01-31T02:00:01Z"))
        #expect(daily.itemsTotal == 4211 && daily.itemsBackedUp == 4211)
        #expect(daily.warnings == 2 && daily.errors == 0 && daily.message == "")

        let data = read.backups[1]
        #expect(data.spec.includedNamespaces == ["titan-data"] && data.spec.labels == [["app": "scylla"]])
        #expect(data.spec.isFiltered && !data.spec.isWhole)
        #expect(try data.expiresAt == time("2025-01-08T03:00:01Z"))
        #expect(data.errors == 3 && data.message == "error executing custom action")

        let byHand = read.backups[2]
        #expect(byHand.phase == "New" && byHand.startedAt == nil && byHand.schedule == nil)
        #expect(byHand.spec.excludedNamespaces == ["kube-system"] && byHand.spec.ttl == .seconds(720 * 3600))
        #expect(try byHand.expiresAt == time("2025-01-31T04:00:00Z"))
        #expect(read.backups[3].message.hasSuffix("needs to be created; invalid ttl"))
    }

    @Test("a list of schedules by kubectl, one with a time zone of its own")
    func schedules() throws {
        let read = try VeleroImport(sample("velero-schedules.json"))
        #expect(read.failures == [])
        try #require(read.schedules.count == 2)
        let daily = read.schedules[0]
        #expect(daily.expression.description == "0 2 * * *" && daily.zone == .utc && !daily.isPaused)
        #expect(daily.spec == VeleroSpec())
        #expect(try daily.lastBackupAt == time("2025-01-01T02:00:00Z"))
        let data = read.schedules[1]
        #expect(data.expression.description == "30 * * * *" && data.zone.name == "Europe/Berlin")
        #expect(data.isPaused && data.lastBackupAt == nil)
        #expect(
            data.spec
                == VeleroSpec(
                    includedNamespaces: ["titan-data"], storageLocation: "eu", ttl: .seconds(168 * 3600)))
    }

    @Test("a single restore")
    func restore() throws {
        let read = try VeleroImport(sample("velero-restore.json"))
        let restore = try #require(read.restores.first)
        #expect(read.count == 1 && read.failures == [])
        #expect(restore.backup == "daily-backup-20250101020000" && restore.schedule == nil)
        #expect(restore.namespaceMapping == ["titan-data": "titan-drill"])
        #expect(restore.includedNamespaces == ["titan-data"])
        #expect(restore.phase == "Completed" && restore.itemsRestored == 377 && restore.warnings == 5)
        #expect(try restore.completedAt == time("2025-01-02T09:41:02Z"))
    }

    @Test("several answers in an array, and an empty list")
    func several() throws {
        let read = try VeleroImport([
            sample("velero-backups.json"), sample("velero-restore.json"), sample("velero-schedules.json"),
            ["kind": "BackupList", "items": []],
        ])
        #expect(read.count == 7 && read.failures == [])
        #expect(read.backups.count == 4 && read.schedules.count == 2 && read.restores.count == 1)
    }

    @Test(
        "what is no list and no object is refused",
        arguments: ["1", "{}", #"{"kind":"BackupList"}"#, #"["x"]"#])
    func refused(_ text: String) throws {
        let document = try JSONValue(parsing: Array(text.utf8))
        #expect(throws: RegistryError.self) { try VeleroImport(document) }
    }

    /// A backup as it comes, with a member of its metadata, spec or status set; null takes it away.
    private func backup(_ part: String, _ key: String, _ value: JSONValue) throws -> JSONValue {
        var item = try #require(sample("velero-backups.json")["items"]?[0]?.object)
        var object = try #require(item[part]?.object)
        object[key] = value
        item[part] = .object(object)
        return .object(item)
    }

    @Test(
        "what is wrong with an item is its own error, with the field",
        arguments: [
            ("metadata", "name", .null, "metadata.name", "is required"),
            ("metadata", "uid", .null, "metadata.uid", "is required"),
            ("metadata", "uid", "", "metadata.uid", "must be 1 to 128 visible ASCII characters"),
            (
                "metadata", "name", "Daily",
                "metadata.name",
                "must be a name as Kubernetes has them: DNS labels with dots between, 253 bytes at the most"
            ),
            (
                "metadata", "creationTimestamp", "yesterday", "metadata.creationTimestamp",
                "must be an RFC 3339 time like 2026-01-31T12:03:10Z"
            ),
            ("spec", "ttl", "30d", "spec.ttl", "must be a duration like 720h0m0s"),
            ("spec", "includedNamespaces", "all", "spec.includedNamespaces", "must be a list"),
            (
                "status", "phase", "Done", "status.phase",
                "is 'Done', and must be one of \(VeleroBackup.phases.joined(separator: ", "))"
            ),
            (
                "status", "startTimestamp", .null, "status.startTimestamp",
                "is required of one that is Completed"
            ),
            (
                "status", "completionTimestamp", "2025-01-01T01:00:00Z", "status.completionTimestamp",
                "must not be before the start"
            ),
            ("status", "errors", -1, "status.errors", "must be a whole number from 0 to 2147483647"),
        ] as [(String, String, JSONValue, String, String)])
    func failures(
        _ part: String, _ key: String, _ value: JSONValue, _ field: String, _ message: String
    ) throws {
        let good = try #require(sample("velero-backups.json")["items"]?[1])
        let read = try VeleroImport([
            "kind": "BackupList", "items": [good, backup(part, key, value), good],
        ])
        #expect(read.backups.count == 2 && read.count == 3)
        #expect(read.failures.map(\.index) == [1] && read.failures[0].kind == "Backup")
        #expect(read.failures[0].errors.first == FieldError(field, message))
    }

    @Test("other kinds and versions are errors of their items")
    func otherKinds() throws {
        let read = try VeleroImport([
            "kind": "List",
            "items": [
                ["kind": "BackupStorageLocation", "metadata": ["name": "default"]],
                ["kind": "Backup", "apiVersion": "ark.heptio.com/v1"], 7,
            ],
        ])
        #expect(
            read.failures.map(\.document) == [
                [
                    "index": 0, "kind": "BackupStorageLocation", "name": "default",
                    "errors": [
                        [
                            "field": "kind",
                            "message":
                                "is 'BackupStorageLocation', and must be one of Backup, Schedule, Restore",
                        ]
                    ],
                ],
                [
                    "index": 1, "kind": "Backup",
                    "errors": [
                        [
                            "field": "apiVersion",
                            "message": "is 'ark.heptio.com/v1', and must be velero.io/v1",
                        ]
                    ],
                ],
                ["index": 2, "errors": [["field": "", "message": "must be an object"]]],
            ])
    }

    @Test(
        "a schedule's expression and zone are checked",
        arguments: [
            ("0 0 31 2 *", "never runs: no month of '2' has a day '31'"),
            ("TZ=Local 0 2 * * *", "names the time zone 'Local', which \(LocalZone.rule)"),
            ("CRON_TZ=UTC 0 2 * *", "has 4 of five fields: \(CronExpression.rule)"),
        ])
    func schedule(_ text: String, _ message: String) throws {
        var item = try #require(sample("velero-schedules.json")["items"]?[0]?.object)
        item["spec"] = ["schedule": .string(text), "template": [:]]
        let read = try VeleroImport(.object(item))
        #expect(read.failures.first?.errors == [FieldError("spec.schedule", message)])
    }
}
