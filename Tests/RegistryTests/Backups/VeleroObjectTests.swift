import JSON
import Testing

@testable import Registry

@Suite("Objects for Velero")
struct VeleroObjectTests {
    private let spec = VeleroSpec(
        includedNamespaces: ["titan-data"], excludedNamespaces: ["kube-system"],
        labels: [["cell": "cell-1"], ["cell": "cell-2"]], storageLocation: "eu", ttl: .seconds(168 * 3600))

    /// What the API server adds, so that it can be read back.
    private func created(_ object: JSONValue) -> JSONValue {
        guard var members = object.object, var metadata = members["metadata"]?.object else { return object }
        metadata["uid"] = "7f3b1d1e-4a31-4c53-9c3f-0c3f3d1b2a10"
        metadata["creationTimestamp"] = "2025-01-01T02:00:00Z"
        members["metadata"] = .object(metadata)
        return .object(members)
    }

    @Test("a backup is what Velero's schema allows, and is read back as it was")
    func backup() throws {
        let object = VeleroObject.backup(
            name: "titan-data-20250101020000", namespace: "velero", labels: ["by": "titan"],
            schedule: "titan-data", spec: spec)
        #expect(try CustomResourceSchema().faults(of: object) == [])
        let read = try #require(VeleroImport(created(object)).backups.first)
        #expect(read.spec == spec && read.schedule == "titan-data" && read.phase == "New")
        #expect(read.metadata.labels == ["by": "titan", "velero.io/schedule-name": "titan-data"])
    }

    @Test("a backup of everything says so, and names no location")
    func everything() throws {
        let object = VeleroObject.backup(name: "b", namespace: "velero", spec: VeleroSpec())
        #expect(
            object == [
                "apiVersion": "velero.io/v1", "kind": "Backup",
                "metadata": ["name": "b", "namespace": "velero"],
                "spec": ["includedNamespaces": ["*"], "ttl": "720h0m0s"],
            ])
        #expect(try CustomResourceSchema().faults(of: object) == [])
    }

    @Test(
        "a schedule carries its zone and no day 7",
        arguments: [("UTC", ""), ("Europe/Berlin", "CRON_TZ=Europe/Berlin ")])
    func schedule(_ zone: String, _ prefix: String) throws {
        let object = try VeleroObject.schedule(
            name: "weekly", namespace: "velero", expression: CronExpression("0 2 * * 7"),
            zone: #require(LocalZone(zone)), isPaused: true, spec: spec)
        #expect(try CustomResourceSchema().faults(of: object) == [])
        #expect(object["spec"]?["schedule"]?.string == "\(prefix)0 2 * * 0")
        let read = try #require(VeleroImport(created(object)).schedules.first)
        #expect(read.spec == spec && read.zone.name == zone && read.isPaused)
    }

    @Test("a restore is what Velero's schema allows, and is read back as it was")
    func restore() throws {
        let object = VeleroObject.restore(
            name: "r-1", namespace: "velero", backup: "b-1", includedNamespaces: ["titan-data"],
            namespaceMapping: ["titan-data": "titan-drill"])
        #expect(try CustomResourceSchema().faults(of: object) == [])
        let read = try #require(VeleroImport(created(object)).restores.first)
        #expect(read.backup == "b-1" && read.namespaceMapping == ["titan-data": "titan-drill"])
        #expect(read.includedNamespaces == ["titan-data"])
    }

    @Test("a deletion names the backup, in labels too where they can hold the name")
    func deletion() {
        let object = VeleroObject.deletion(name: "b-1-x", namespace: "velero", backup: "b-1", uid: "u")
        #expect(
            object == [
                "apiVersion": "velero.io/v1", "kind": "DeleteBackupRequest",
                "metadata": [
                    "name": "b-1-x", "namespace": "velero",
                    "labels": ["velero.io/backup-name": "b-1", "velero.io/backup-uid": "u"],
                ],
                "spec": ["backupName": "b-1"],
            ])
        let long = String(repeating: "b", count: 64)
        #expect(
            VeleroObject.deletion(name: "x", namespace: "velero", backup: long, uid: "u")["metadata"]?[
                "labels"] == ["velero.io/backup-uid": "u"])
    }
}
