import JSON

/// Objects of `velero.io/v1` to create through the Kubernetes API.
public enum VeleroObject {
    /// - Parameter schedule: whose run it is; Velero's own label then says so too.
    public static func backup(
        name: String, namespace: String, labels: [String: String] = [:], schedule: String? = nil,
        spec: VeleroSpec
    ) -> JSONValue {
        var labels = labels
        labels[VeleroMetadata.scheduleLabel] = schedule.flatMap(label)
        return object("Backup", name, namespace, labels, spec: spec.document)
    }

    /// A schedule that Velero runs by itself.
    public static func schedule(
        name: String, namespace: String, labels: [String: String] = [:], expression: CronExpression,
        zone: LocalZone, isPaused: Bool, spec: VeleroSpec
    ) -> JSONValue {
        let prefix = zone == .utc ? "" : "CRON_TZ=\(zone.name) "
        return object(
            "Schedule", name, namespace, labels,
            spec: [
                "schedule": .string(prefix + expression.velero), "paused": .bool(isPaused),
                "template": spec.document,
            ])
    }

    /// - Parameter includedNamespaces: empty for all that the backup has.
    public static func restore(
        name: String, namespace: String, labels: [String: String] = [:], backup: String,
        includedNamespaces: [String] = [], namespaceMapping: [String: String] = [:]
    ) -> JSONValue {
        var spec: JSONObject = [
            "backupName": .string(backup),
            "includedNamespaces": .strings(includedNamespaces.isEmpty ? ["*"] : includedNamespaces),
        ]
        if !namespaceMapping.isEmpty {
            spec["namespaceMapping"] = .object(JSONObject(strings: namespaceMapping))
        }
        return object("Restore", name, namespace, labels, spec: .object(spec))
    }

    /// Has Velero delete a backup with all that it stored; to delete the Backup itself leaves the data behind, and Velero
    /// brings it back from there.
    ///
    /// - Parameters:
    ///   - name: of the request, one of its own for each attempt.
    ///   - uid: the backup's, by which Velero knows the requests that are about it.
    public static func deletion(
        name: String, namespace: String, backup: String, uid: String
    ) -> JSONValue {
        var labels = ["velero.io/backup-uid": uid]
        labels["velero.io/backup-name"] = label(backup)
        return object(
            "DeleteBackupRequest", name, namespace, labels, spec: ["backupName": .string(backup)])
    }

    /// A label's value; nil for a name that is too long for one, which Velero then finds by the spec alone.
    private static func label(_ name: String) -> String? {
        name.utf8.count <= Limits.labelValueBytesMax ? name : nil
    }

    private static func object(
        _ kind: String, _ name: String, _ namespace: String, _ labels: [String: String], spec: JSONValue
    ) -> JSONValue {
        var metadata: JSONObject = ["name": .string(name), "namespace": .string(namespace)]
        if !labels.isEmpty { metadata["labels"] = .object(JSONObject(strings: labels)) }
        return [
            "apiVersion": "velero.io/v1", "kind": .string(kind), "metadata": .object(metadata), "spec": spec,
        ]
    }
}
