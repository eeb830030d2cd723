import HTTP
import Registry

/// The one list of operations. `openapi.yaml` describes the same ones, and a test holds the two together.
public enum Routes {
    public static let all: [Operation] = [
        // Seen from outside
        .memory(
            "getHealthLive", "/health/live", .open, listeners: [.main, .health], Endpoints.getHealthLive),
        .memory(
            "getHealthReady", "/health/ready", .open, listeners: [.main, .health], Endpoints.getHealthReady),
        .memory("getMetrics", "/metrics", .open, listeners: [.health], Endpoints.getMetrics),
        .memory("getOpenAPI", "/openapi.yaml", .open, Endpoints.getOpenAPI),
        .read("getRegistry", "/v1/registry", .reading, Endpoints.getRegistry),
        .read("listReconcilers", "/v1/reconcilers", .reading, Endpoints.listReconcilers),

        // Routing
        .memory(
            "getRoutingTable", "/v1/routing-table", .routing, query: ["since", "wait", "gateway"],
            Endpoints.getRoutingTable),
        .memory("getRoute", "/v1/routes/{tenant}", .routing, query: ["at"], Endpoints.getRoute),
        .memory("resolveRoute", "/v1/routes", .routing, query: ["host", "at"], Endpoints.resolveRoute),
        Operation(
            "resolveRoutes", .post, "/v1/routes:resolve", .routing,
            .deferred(bodyBytesMax: Limits.bodyBytesMax, Endpoints.resolveRoutes)),
        .read("explainRoute", "/v1/routes/{tenant}:explain", .reading, Endpoints.explainRoute),
        .memory(
            "listCellTenants", "/v1/cells/{cell}/tenants", .ownership, query: ["since", "wait", "ack"],
            Endpoints.listCellTenants),

        // Gateways
        .read("listGateways", "/v1/gateways", .reading, query: ["limit", "cursor"], Endpoints.listGateways),
        .read("getGateway", "/v1/gateways/{gateway}", .reading, Endpoints.getGateway),
        Operation(
            "putGateway", .put, "/v1/gateways/{gateway}", .leasing,
            .deferred(bodyBytesMax: Limits.bodyBytesMax, Endpoints.putGateway)),
        .write("deleteGateway", .delete, "/v1/gateways/{gateway}", .leasing, Endpoints.deleteGateway),
        .read("getConvergence", "/v1/revisions/{revision}/convergence", .reading, Endpoints.getConvergence),

        // Cells
        .read(
            "listCells", "/v1/cells", .reading,
            query: ["zone", "state", "schedulable", "label", "limit", "cursor"],
            Endpoints.listCells),
        .read("getCell", "/v1/cells/{cell}", .reading, Endpoints.getCell),
        .write("putCell", .put, "/v1/cells/{cell}", .changing, Endpoints.putCell),
        .write("patchCell", .patch, "/v1/cells/{cell}", .changing, Endpoints.patchCell),
        .write("deleteCell", .delete, "/v1/cells/{cell}", .changing, Endpoints.deleteCell),
        .write("activateCell", .post, "/v1/cells/{cell}:activate", .changing, Endpoints.activateCell),
        .write("cordonCell", .post, "/v1/cells/{cell}:cordon", .changing, Endpoints.cordonCell),
        .write("uncordonCell", .post, "/v1/cells/{cell}:uncordon", .changing, Endpoints.uncordonCell),
        .write("retireCell", .post, "/v1/cells/{cell}:retire", .changing, Endpoints.retireCell),
        .write("drainCell", .post, "/v1/cells/{cell}:drain", .changing, Endpoints.drainCell),
        .write("undrainCell", .post, "/v1/cells/{cell}:undrain", .changing, Endpoints.undrainCell),
        Operation(
            "putCellOwnership", .put, "/v1/cells/{cell}/ownership", .sealing,
            .deferred(bodyBytesMax: Limits.bodyBytesMax, Endpoints.putCellOwnership)),
        Operation(
            "importCells", .post, "/v1/cells:import", .changing,
            query: ["zones", "capacity", "activate", "atomic", "dryRun"],
            .streamed(bodyBytesMax: Limits.importBytesMax, Endpoints.importCells)),

        // Tenants
        .read(
            "listTenants", "/v1/tenants", .reading,
            query: ["cell", "state", "pinned", "label", "limit", "cursor"],
            Endpoints.listTenants),
        .read("getTenant", "/v1/tenants/{tenant}", .reading, Endpoints.getTenant),
        .write("putTenant", .put, "/v1/tenants/{tenant}", .changing, Endpoints.putTenant),
        .write("patchTenant", .patch, "/v1/tenants/{tenant}", .changing, Endpoints.patchTenant),
        .write("deleteTenant", .delete, "/v1/tenants/{tenant}", .changing, Endpoints.deleteTenant),
        .write("suspendTenant", .post, "/v1/tenants/{tenant}:suspend", .changing, Endpoints.suspendTenant),
        .write("resumeTenant", .post, "/v1/tenants/{tenant}:resume", .changing, Endpoints.resumeTenant),
        .write("moveTenant", .post, "/v1/tenants/{tenant}:move", .changing, Endpoints.moveTenant),
        .read("explainTenant", "/v1/tenants/{tenant}:explain", .reading, Endpoints.explainTenant),
        .read(
            "getTenantHistory", "/v1/tenants/{tenant}/history", .reading, query: ["limit", "cursor"],
            Endpoints.getTenantHistory),
        Operation(
            "importTenants", .post, "/v1/tenants:import", .changing, query: ["atomic", "dryRun"],
            .streamed(bodyBytesMax: Limits.importBytesMax, Endpoints.importTenants)),
        .read(
            "exportTenants", "/v1/tenants:export", .reading, query: ["cell", "state"], Endpoints.exportTenants
        ),
        Operation(
            "simulatePlacement", .post, "/v1/placement:simulate", .reading,
            .deferred(bodyBytesMax: Limits.bodyBytesMax, Endpoints.simulatePlacement)),

        // Long work, and what moves tenants
        .read(
            "listOperations", "/v1/operations", .reading, query: ["kind", "state", "limit", "cursor"],
            Endpoints.listOperations),
        .read("getOperation", "/v1/operations/{operation}", .reading, Endpoints.getOperation),
        .memory(
            "waitOperation", "/v1/operations/{operation}:wait", .reading, query: ["wait"],
            Endpoints.waitOperation),
        Operation(
            "waitForOperation", .post, "/v1/operations/{operation}:wait", .reading, query: ["wait"],
            .immediate(Endpoints.waitOperation)),
        .write(
            "pauseOperation", .post, "/v1/operations/{operation}:pause", .changing, Endpoints.pauseOperation),
        .write(
            "resumeOperation", .post, "/v1/operations/{operation}:resume", .changing,
            Endpoints.resumeOperation),
        .write(
            "cancelOperation", .post, "/v1/operations/{operation}:cancel", .changing,
            Endpoints.cancelOperation),
        .read(
            "listMigrations", "/v1/migrations", .reading, query: ["kind", "state", "limit", "cursor"],
            Endpoints.listMigrations),
        .write("createMigration", .post, "/v1/migrations", .changing, Endpoints.createMigration),
        .read("getMigration", "/v1/migrations/{migration}", .reading, Endpoints.getMigration),
        .read(
            "listMigrationTenants", "/v1/migrations/{migration}/tenants", .reading,
            query: ["state", "limit", "cursor"],
            Endpoints.listMigrationTenants),
        .write(
            "pauseMigration", .post, "/v1/migrations/{migration}:pause", .changing, Endpoints.pauseOperation),
        .write(
            "resumeMigration", .post, "/v1/migrations/{migration}:resume", .changing,
            Endpoints.resumeOperation),
        .write(
            "cancelMigration", .post, "/v1/migrations/{migration}:cancel", .changing,
            Endpoints.cancelOperation),
        .write(
            "reverseMigration", .post, "/v1/migrations/{migration}:reverse", .changing,
            Endpoints.reverseMigration),
        .read("listZones", "/v1/zones", .reading, Endpoints.listZones),
        .write("evacuateZone", .post, "/v1/zones/{zone}:evacuate", .changing, Endpoints.evacuateZone),
        .write("restoreZone", .post, "/v1/zones/{zone}:restore", .changing, Endpoints.restoreZone),
        .write("rebalance", .post, "/v1/rebalance", .changing, Endpoints.rebalance),
        .read("getCapacity", "/v1/capacity", .reading, Endpoints.getCapacity),
        .read("getPolicies", "/v1/policies", .reading, Endpoints.getPolicies),
        .write("putPolicies", .put, "/v1/policies", .changing, Endpoints.putPolicies),

        // Releases, and what brings them to cells
        .read("listReleases", "/v1/releases", .reading, query: ["limit", "cursor"], Endpoints.listReleases),
        .read("getRelease", "/v1/releases/{release}", .reading, Endpoints.getRelease),
        .write("putRelease", .put, "/v1/releases/{release}", .releasing, Endpoints.putRelease),
        .write("deleteRelease", .delete, "/v1/releases/{release}", .releasing, Endpoints.deleteRelease),
        .read("listCellServices", "/v1/cells/{cell}/services", .reading, Endpoints.listCellServices),
        .read(
            "listRollouts", "/v1/rollouts", .reading, query: ["state", "release", "limit", "cursor"],
            Endpoints.listRollouts),
        .write("createRollout", .post, "/v1/rollouts", .releasing, Endpoints.createRollout),
        Operation(
            "previewRollout", .post, "/v1/rollouts:preview", .reading,
            .deferred(bodyBytesMax: Limits.bodyBytesMax, Endpoints.previewRollout)),
        .read("getRollout", "/v1/rollouts/{rollout}", .reading, Endpoints.getRollout),
        .read(
            "listRolloutCells", "/v1/rollouts/{rollout}/cells", .reading,
            query: ["state", "wave", "limit", "cursor"], Endpoints.listRolloutCells),
        .memory(
            "waitRollout", "/v1/rollouts/{rollout}:wait", .reading, query: ["wait"], Endpoints.waitRollout),
        Operation(
            "waitForRollout", .post, "/v1/rollouts/{rollout}:wait", .reading, query: ["wait"],
            .immediate(Endpoints.waitRollout)),
        .write("pauseRollout", .post, "/v1/rollouts/{rollout}:pause", .releasing, Endpoints.pauseRollout),
        .write("resumeRollout", .post, "/v1/rollouts/{rollout}:resume", .releasing, Endpoints.resumeRollout),
        .write(
            "approveRollout", .post, "/v1/rollouts/{rollout}:approve", .releasing, Endpoints.approveRollout),
        .write("rejectRollout", .post, "/v1/rollouts/{rollout}:reject", .releasing, Endpoints.rejectRollout),
        .write("abortRollout", .post, "/v1/rollouts/{rollout}:abort", .releasing, Endpoints.abortRollout),
        .write(
            "rollBackRollout", .post, "/v1/rollouts/{rollout}:rollback", .releasing,
            Endpoints.rollBackRollout),
        .write("retryRollout", .post, "/v1/rollouts/{rollout}:retry", .releasing, Endpoints.retryRollout),
        .write(
            "claimRolloutCell", .post, "/v1/rollouts/{rollout}:claim", .releasing, Endpoints.claimRolloutCell),
        .write(
            "reportRolloutCell", .post, "/v1/rollouts/{rollout}/cells/{cell}:report", .releasing,
            Endpoints.reportRolloutCell),

        // Backups
        .read(
            "listBackupSchedules", "/v1/backup-schedules", .reading, query: ["limit", "cursor"],
            Endpoints.listBackupSchedules),
        .read(
            "getBackupSchedule", "/v1/backup-schedules/{schedule}", .reading, Endpoints.getBackupSchedule),
        .write(
            "putBackupSchedule", .put, "/v1/backup-schedules/{schedule}", .backingUp,
            Endpoints.putBackupSchedule),
        .write(
            "patchBackupSchedule", .patch, "/v1/backup-schedules/{schedule}", .backingUp,
            Endpoints.patchBackupSchedule),
        .write(
            "deleteBackupSchedule", .delete, "/v1/backup-schedules/{schedule}", .backingUp,
            Endpoints.deleteBackupSchedule),
        .write(
            "triggerBackupSchedule", .post, "/v1/backup-schedules/{schedule}:trigger", .backingUp,
            Endpoints.triggerBackupSchedule),
        .write(
            "pauseBackupSchedule", .post, "/v1/backup-schedules/{schedule}:pause", .backingUp,
            Endpoints.pauseBackupSchedule),
        .write(
            "resumeBackupSchedule", .post, "/v1/backup-schedules/{schedule}:resume", .backingUp,
            Endpoints.resumeBackupSchedule),
        .read(
            "listNextRuns", "/v1/backup-schedules/{schedule}/next", .reading, query: ["count"],
            Endpoints.listNextRuns),
        .read(
            "listMissedRuns", "/v1/backup-schedules/{schedule}/missed-runs", .reading,
            query: ["limit", "cursor"], Endpoints.listMissedRuns),
        .read(
            "listBackups", "/v1/backups", .reading, query: ["schedule", "phase", "limit", "cursor"],
            Endpoints.listBackups),
        .write("createBackup", .post, "/v1/backups", .backingUp, Endpoints.createBackup),
        .write("claimBackup", .post, "/v1/backups:claim", .backingUp, Endpoints.claimBackup),
        .write("pruneBackups", .post, "/v1/backups:prune", .backingUp, Endpoints.pruneBackups),
        Operation(
            "importBackups", .post, "/v1/backups:import", .backingUp, query: ["dryRun"],
            .deferred(bodyBytesMax: Limits.backupImportBytesMax, Endpoints.importBackups)),
        .read(
            "getBackupCoverage", "/v1/backups:coverage", .reading, query: ["verdict"],
            Endpoints.getBackupCoverage),
        .read("getBackup", "/v1/backups/{backup}", .reading, Endpoints.getBackup),
        .write("patchBackup", .patch, "/v1/backups/{backup}", .backingUp, Endpoints.patchBackup),
        .write(
            "deleteBackup", .delete, "/v1/backups/{backup}", .backingUp, query: ["catalogOnly", "override"],
            Endpoints.deleteBackup),
        .write("reportBackup", .post, "/v1/backups/{backup}:report", .backingUp, Endpoints.reportBackup),
        .write("holdBackup", .post, "/v1/backups/{backup}:hold", .backingUp, Endpoints.holdBackup),
        .write("releaseBackup", .post, "/v1/backups/{backup}:release", .backingUp, Endpoints.releaseBackup),
        .write("verifyBackup", .post, "/v1/backups/{backup}:verify", .backingUp, Endpoints.verifyBackup),
        .read(
            "listVerifications", "/v1/backups/{backup}/verifications", .reading, query: ["limit", "cursor"],
            Endpoints.listVerifications),
        .read(
            "listRestores", "/v1/restores", .reading, query: ["backup", "phase", "drill", "limit", "cursor"],
            Endpoints.listRestores),
        .write("createRestore", .post, "/v1/restores", .backingUp, Endpoints.createRestore),
        .write("claimRestore", .post, "/v1/restores:claim", .backingUp, Endpoints.claimRestore),
        .read("getRestore", "/v1/restores/{restore}", .reading, Endpoints.getRestore),
        .write("reportRestore", .post, "/v1/restores/{restore}:report", .backingUp, Endpoints.reportRestore),

        // What was done
        .read(
            "listAuditEvents", "/v1/audit", .reading,
            query: ["kind", "id", "actor", "operation", "after", "limit"],
            Endpoints.listAuditEvents),
        .memory(
            "listEvents", "/v1/events", .reading, query: ["since", "wait", "limit", "kind"],
            Endpoints.listEvents),
        .write("revertChange", .post, "/v1/changes/{revision}:revert", .changing, Endpoints.revertChange),

        // Who is told
        .read("listWebhooks", "/v1/webhooks", .reading, query: ["limit", "cursor"], Endpoints.listWebhooks),
        .read("getWebhook", "/v1/webhooks/{webhook}", .reading, Endpoints.getWebhook),
        .write("putWebhook", .put, "/v1/webhooks/{webhook}", .changing, Endpoints.putWebhook),
        .write("deleteWebhook", .delete, "/v1/webhooks/{webhook}", .changing, Endpoints.deleteWebhook),
        .write("pingWebhook", .post, "/v1/webhooks/{webhook}:ping", .changing, Endpoints.pingWebhook),
        .read(
            "listDeliveries", "/v1/webhooks/{webhook}/deliveries", .reading,
            query: ["state", "limit", "cursor"], Endpoints.listDeliveries),
        .write(
            "redeliver", .post, "/v1/webhooks/{webhook}/deliveries/{delivery}:redeliver", .changing,
            Endpoints.redeliver),

        // Tokens
        .read("listTokens", "/v1/tokens", .administering, query: ["limit", "cursor"], Endpoints.listTokens),
        .write("createToken", .post, "/v1/tokens", .administering, Endpoints.createToken),
        .write("deleteToken", .delete, "/v1/tokens/{token}", .administering, Endpoints.deleteToken),
    ]
}
