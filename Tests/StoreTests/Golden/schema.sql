CREATE TRIGGER audit_events_dense BEFORE INSERT ON audit_events
WHEN NEW.revision <> (SELECT coalesce(max(revision), 0) + 1 FROM audit_events)
BEGIN
    SELECT RAISE(ABORT, 'audit events have no gaps');
END;

CREATE TRIGGER audit_events_kept_from_delete BEFORE DELETE ON audit_events
BEGIN
    SELECT RAISE(ABORT, 'audit events are never deleted');
END;

CREATE TRIGGER audit_events_kept_from_update BEFORE UPDATE ON audit_events
BEGIN
    SELECT RAISE(ABORT, 'audit events are never altered');
END;

CREATE TABLE audit_events (
    revision    INTEGER PRIMARY KEY CHECK (revision > 0),
    at_ms       INTEGER NOT NULL,
    actor       TEXT    NOT NULL,
    operation   TEXT    NOT NULL,
    -- Not a closed list: to add to one, SQLite would have to copy every event there is.
    kind        TEXT    NOT NULL CHECK (kind <> ''),
    resource    TEXT    NOT NULL,
    document    TEXT,
    previous    INTEGER NOT NULL CHECK (previous >= 0 AND previous < revision),
    routing     INTEGER NOT NULL CHECK (routing IN (0, 1)),
    reason      TEXT    NOT NULL,
    request_id  TEXT    NOT NULL,
    traceparent TEXT    NOT NULL,
    hash        BLOB    NOT NULL CHECK (length(hash) = 32)
) STRICT;

CREATE INDEX audit_events_by_resource ON audit_events (kind, resource);

CREATE INDEX audit_events_of_routing ON audit_events (revision) WHERE routing = 1;

CREATE TABLE avoidances (
    avoided TEXT NOT NULL,
    tenant  TEXT NOT NULL,
    PRIMARY KEY (avoided, tenant)
) STRICT, WITHOUT ROWID;

CREATE TABLE backup_schedules (
    name               TEXT    PRIMARY KEY,
    document           TEXT    NOT NULL,
    -- Of the runs that fell due until then it is decided what becomes of them.
    decided_until_ms   INTEGER NOT NULL,
    last_run_at_ms     INTEGER,
    last_backup        TEXT,
    last_success_at_ms INTEGER,
    last_missed        TEXT,
    revision           INTEGER NOT NULL CHECK (revision > 0),
    created_at_ms      INTEGER NOT NULL,
    updated_at_ms      INTEGER NOT NULL,
    CHECK ((last_run_at_ms IS NULL) = (last_backup IS NULL))
) STRICT, WITHOUT ROWID;

CREATE TABLE backup_verifications (
    backup   INTEGER NOT NULL REFERENCES backups (number) ON DELETE CASCADE,
    number   INTEGER NOT NULL,
    document TEXT    NOT NULL,
    PRIMARY KEY (backup, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE backups (
    -- The revision of the event that created it: the order of lists.
    number           INTEGER PRIMARY KEY CHECK (number > 0),
    name             TEXT    NOT NULL UNIQUE,
    -- No reference: a backup outlives its schedule.
    schedule         TEXT,
    due_at_ms        INTEGER,
    -- What it stands in a row with, for retention: its schedule, or its scope where it has none.
    line             TEXT    NOT NULL,
    phase            TEXT    NOT NULL CHECK (phase IN (
        'New', 'Queued', 'ReadyToStart', 'FailedValidation', 'InProgress', 'WaitingForPluginOperations',
        'WaitingForPluginOperationsPartiallyFailed', 'Finalizing', 'FinalizingPartiallyFailed', 'Completed',
        'PartiallyFailed', 'Failed', 'Deleting')),
    executor         TEXT    NOT NULL CHECK (executor IN ('external', 'velero', 'registry')),
    source           TEXT    NOT NULL CHECK (source IN ('api', 'schedule', 'import', 'velero')),
    -- Velero's name of it, by which an import knows it again.
    uid              TEXT    UNIQUE,
    spec             TEXT    NOT NULL,
    holds            TEXT    NOT NULL,
    result           TEXT    NOT NULL,
    failure          TEXT,
    -- The newest one.
    verification     TEXT,
    worker           TEXT,
    token            INTEGER CHECK (token > 0),
    lease_ms         INTEGER,
    lease_ends_at_ms INTEGER,
    deadline_ms      INTEGER,
    created_at_ms    INTEGER NOT NULL,
    started_at_ms    INTEGER,
    completed_at_ms  INTEGER,
    expires_at_ms    INTEGER NOT NULL,
    updated_at_ms    INTEGER NOT NULL,
    revision         INTEGER NOT NULL CHECK (revision > 0),
    CHECK (due_at_ms IS NULL OR schedule IS NOT NULL),
    CHECK ((phase IN ('FailedValidation', 'Completed', 'PartiallyFailed', 'Failed', 'Deleting'))
           = (completed_at_ms IS NOT NULL)),
    CHECK (started_at_ms IS NOT NULL OR phase NOT IN (
        'InProgress', 'WaitingForPluginOperations', 'WaitingForPluginOperationsPartiallyFailed', 'Finalizing',
        'FinalizingPartiallyFailed', 'Completed', 'PartiallyFailed')),
    CHECK (phase <> 'Failed' OR failure IS NOT NULL),
    -- What is held is not deleted, whoever asks for it.
    CHECK (phase <> 'Deleting' OR holds = '[]'),
    CHECK ((worker IS NULL) = (token IS NULL) AND (worker IS NULL) = (lease_ends_at_ms IS NULL)
           AND (worker IS NULL) = (lease_ms IS NULL))
) STRICT;

CREATE INDEX backups_active ON backups (number)
    WHERE phase NOT IN ('FailedValidation', 'Completed', 'PartiallyFailed', 'Failed');

CREATE INDEX backups_by_expiry ON backups (expires_at_ms);

CREATE INDEX backups_by_line ON backups (line, phase);

CREATE UNIQUE INDEX backups_by_run ON backups (schedule, due_at_ms) WHERE due_at_ms IS NOT NULL;

CREATE INDEX backups_by_schedule ON backups (schedule, number) WHERE schedule IS NOT NULL;

CREATE TABLE batches (
    operation          INTEGER NOT NULL REFERENCES operations (number) ON DELETE CASCADE,
    number             INTEGER NOT NULL CHECK (number > 0),
    state              TEXT    NOT NULL CHECK (state IN (
        'planned', 'preparing', 'copying', 'announced', 'freezing', 'cutover', 'confirming', 'reversible', 'done',
        'aborting', 'aborted', 'reversing', 'reversed')),
    source             TEXT    NOT NULL,
    tenants            INTEGER NOT NULL CHECK (tenants > 0),
    moved              INTEGER NOT NULL CHECK (moved >= 0),
    failed             INTEGER NOT NULL CHECK (failed >= 0),
    announced          INTEGER,
    frozen             INTEGER,
    cutover            INTEGER,
    freeze_deadline_ms INTEGER,
    attempt            INTEGER NOT NULL CHECK (attempt >= 0),
    not_before_ms      INTEGER,
    held_by            TEXT CHECK (held_by IN ('gateways', 'seal', 'force')),
    -- What was observed when the barrier let it through.
    barrier            TEXT    NOT NULL,
    phase              TEXT CHECK (phase IN ('prepare', 'copy', 'catchUp', 'finalCopy', 'cleanup', 'undo')),
    message            TEXT    NOT NULL,
    began_at_ms        INTEGER,
    frozen_at_ms       INTEGER,
    cutover_at_ms      INTEGER,
    settled_at_ms      INTEGER,
    window_ends_at_ms  INTEGER,
    PRIMARY KEY (operation, number),
    CHECK (moved + failed <= tenants),
    CHECK (state <> 'announced' OR announced IS NOT NULL),
    -- A freeze without a recorded end can't be.
    CHECK (state <> 'freezing' OR (frozen IS NOT NULL AND freeze_deadline_ms IS NOT NULL)),
    -- Nothing is cut over that the barrier did not let through.
    CHECK (state NOT IN ('cutover', 'confirming') OR held_by IS NOT NULL),
    CHECK (state <> 'confirming' OR cutover IS NOT NULL)
) STRICT, WITHOUT ROWID;

CREATE INDEX batches_in_window ON batches (window_ends_at_ms) WHERE state = 'reversible';

CREATE INDEX batches_unsettled ON batches (operation, number)
    WHERE state NOT IN ('reversible', 'done', 'aborted', 'reversing', 'reversed');

CREATE TABLE cell_services (
    cell             TEXT    NOT NULL,
    service          TEXT    NOT NULL,
    desired          TEXT    NOT NULL,
    observed         TEXT,
    observed_at_ms   INTEGER,
    -- The id of the rollout that wrote `desired`; it outlives the rollout.
    rollout          TEXT    NOT NULL,
    PRIMARY KEY (cell, service),
    CHECK ((observed IS NULL) = (observed_at_ms IS NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX cell_services_by_service ON cell_services (service, cell);

CREATE TABLE cells (
    id            TEXT    PRIMARY KEY,
    zone          TEXT    NOT NULL,
    state         TEXT    NOT NULL CHECK (state IN ('provisioning', 'active', 'draining', 'drained', 'retired')),
    schedulable   INTEGER NOT NULL CHECK (schedulable IN (0, 1)),
    capacity      INTEGER NOT NULL CHECK (capacity >= 0),
    load          INTEGER NOT NULL CHECK (load >= 0),
    tenants       INTEGER NOT NULL CHECK (tenants >= 0),
    -- What tenants on their way here will need, and how many they are.
    reserved      INTEGER NOT NULL CHECK (reserved >= 0),
    incoming      INTEGER NOT NULL CHECK (incoming >= 0),
    dedicated_to  TEXT,
    document      TEXT    NOT NULL,
    revision      INTEGER NOT NULL CHECK (revision > 0),
    created_at_ms INTEGER NOT NULL,
    updated_at_ms INTEGER NOT NULL, health TEXT NOT NULL DEFAULT 'unknown'
    CHECK (health IN ('unknown', 'healthy', 'degraded', 'unhealthy')),
    -- Nobody takes a place that is not there.
    CHECK (load + reserved <= capacity),
    CHECK (state NOT IN ('provisioning', 'drained', 'retired') OR tenants = 0),
    CHECK (state NOT IN ('draining', 'drained', 'retired') OR schedulable = 0),
    CHECK (dedicated_to IS NULL OR tenants + incoming = 1)
) STRICT, WITHOUT ROWID;

CREATE TABLE evacuations (
    zone          TEXT    PRIMARY KEY,
    operation     TEXT    NOT NULL,
    -- Null: until somebody restores the zone.
    expires_at_ms INTEGER,
    created_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TRIGGER fencing_grows BEFORE UPDATE ON fencing WHEN NEW.last <= OLD.last
BEGIN
    SELECT RAISE(ABORT, 'a fencing token never comes back');
END;

CREATE TABLE fencing (
    id   INTEGER PRIMARY KEY CHECK (id = 1),
    last INTEGER NOT NULL CHECK (last >= 0)
) STRICT;

CREATE TABLE gateways (
    id                  TEXT    PRIMARY KEY,
    registered_at_ms    INTEGER NOT NULL,
    contact_at_ms       INTEGER NOT NULL,
    applied_incarnation TEXT,
    applied_revision    INTEGER,
    digest              TEXT    NOT NULL,
    error               TEXT    NOT NULL,
    CHECK ((applied_incarnation IS NULL) = (applied_revision IS NULL))
) STRICT, WITHOUT ROWID;

CREATE TABLE hosts (
    host   TEXT PRIMARY KEY,
    tenant TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE idempotency_keys (
    principal     TEXT    NOT NULL,
    key           TEXT    NOT NULL,
    fingerprint   BLOB    NOT NULL CHECK (length(fingerprint) = 32),
    status        INTEGER NOT NULL,
    fields        TEXT    NOT NULL,
    body          BLOB    NOT NULL,
    created_at_ms INTEGER NOT NULL,
    PRIMARY KEY (principal, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at_ms);

CREATE TABLE lineage (
    id            INTEGER PRIMARY KEY CHECK (id = 1),
    incarnation   TEXT    NOT NULL CHECK (length(incarnation) = 12),
    created_at_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE missed_backup_runs (
    schedule       TEXT    NOT NULL REFERENCES backup_schedules (name) ON DELETE CASCADE,
    due_at_ms      INTEGER NOT NULL,
    reason         TEXT    NOT NULL CHECK (reason IN ('overlap', 'superseded', 'down', 'late')),
    recorded_at_ms INTEGER NOT NULL,
    message        TEXT    NOT NULL,
    PRIMARY KEY (schedule, due_at_ms)
) STRICT, WITHOUT ROWID;

CREATE TABLE moves (
    operation INTEGER NOT NULL REFERENCES operations (number) ON DELETE CASCADE,
    tenant    TEXT    NOT NULL,
    batch     INTEGER NOT NULL,
    source    TEXT    NOT NULL,
    target    TEXT    NOT NULL,
    load      INTEGER NOT NULL CHECK (load >= 0),
    dedicated INTEGER NOT NULL CHECK (dedicated IN (0, 1)),
    epoch     INTEGER NOT NULL CHECK (epoch > 0),
    state     TEXT    NOT NULL CHECK (state IN ('planned', 'moving', 'moved', 'failed', 'returned')),
    message   TEXT    NOT NULL,
    PRIMARY KEY (operation, tenant),
    CHECK (source <> target)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX moves_active ON moves (tenant) WHERE state IN ('planned', 'moving');

CREATE INDEX moves_by_batch ON moves (operation, batch);

CREATE INDEX moves_to_cell ON moves (target) WHERE state IN ('planned', 'moving');

CREATE TABLE operation_log (
    operation INTEGER NOT NULL REFERENCES operations (number) ON DELETE CASCADE,
    number    INTEGER NOT NULL,
    at_ms     INTEGER NOT NULL,
    level     TEXT    NOT NULL CHECK (level IN ('info', 'warning')),
    message   TEXT    NOT NULL,
    PRIMARY KEY (operation, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE operations (
    -- The revision of the event that created it: the order of lists.
    number         INTEGER PRIMARY KEY CHECK (number > 0),
    id             TEXT    NOT NULL UNIQUE,
    kind           TEXT    NOT NULL
        CHECK (kind IN ('migration', 'drain', 'evacuation', 'restoration', 'rebalance', 'reversal')),
    state          TEXT    NOT NULL CHECK (state IN ('running', 'paused', 'succeeded', 'failed', 'cancelled')),
    cancelling     INTEGER NOT NULL CHECK (cancelling IN (0, 1)),
    resource       TEXT    NOT NULL,
    spec           TEXT    NOT NULL,
    total          INTEGER NOT NULL CHECK (total >= 0),
    completed      INTEGER NOT NULL CHECK (completed >= 0),
    failed         INTEGER NOT NULL CHECK (failed >= 0),
    blockers       TEXT    NOT NULL,
    evidence       TEXT    NOT NULL,
    actor          TEXT    NOT NULL,
    reason         TEXT    NOT NULL,
    created_at_ms  INTEGER NOT NULL,
    deadline_at_ms INTEGER NOT NULL,
    updated_at_ms  INTEGER NOT NULL,
    ended_at_ms    INTEGER,
    revision       INTEGER NOT NULL CHECK (revision > 0),
    CHECK (completed + failed <= total),
    CHECK ((state IN ('succeeded', 'failed', 'cancelled')) = (ended_at_ms IS NOT NULL)),
    CHECK (cancelling = 0 OR state = 'running')
) STRICT;

CREATE INDEX operations_by_end ON operations (ended_at_ms) WHERE ended_at_ms IS NOT NULL;

CREATE INDEX operations_by_resource ON operations (resource, number);

CREATE INDEX operations_running ON operations (number) WHERE ended_at_ms IS NULL;

CREATE TABLE past_hosts (
    host   TEXT NOT NULL,
    tenant TEXT NOT NULL,
    PRIMARY KEY (host, tenant)
) STRICT, WITHOUT ROWID;

CREATE TABLE policies (
    id            INTEGER PRIMARY KEY CHECK (id = 1),
    document      TEXT    NOT NULL,
    revision      INTEGER NOT NULL CHECK (revision > 0),
    updated_at_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE releases (
    name          TEXT    PRIMARY KEY,
    document      TEXT    NOT NULL,
    -- A rollout was made of it: its images never change again.
    used          INTEGER NOT NULL CHECK (used IN (0, 1)),
    revision      INTEGER NOT NULL CHECK (revision > 0),
    created_at_ms INTEGER NOT NULL,
    updated_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE restores (
    number           INTEGER PRIMARY KEY CHECK (number > 0),
    name             TEXT    NOT NULL UNIQUE,
    -- No reference: what a drill has shown outlives its backup.
    backup           TEXT    NOT NULL,
    phase            TEXT    NOT NULL CHECK (phase IN (
        'New', 'FailedValidation', 'InProgress', 'WaitingForPluginOperations',
        'WaitingForPluginOperationsPartiallyFailed', 'Finalizing', 'FinalizingPartiallyFailed', 'Completed',
        'PartiallyFailed', 'Failed')),
    drill            INTEGER NOT NULL CHECK (drill IN (0, 1)),
    executor         TEXT    NOT NULL CHECK (executor IN ('external', 'velero', 'registry')),
    source           TEXT    NOT NULL CHECK (source IN ('api', 'import', 'velero')),
    uid              TEXT    UNIQUE,
    spec             TEXT    NOT NULL,
    warnings         INTEGER NOT NULL CHECK (warnings >= 0),
    errors           INTEGER NOT NULL CHECK (errors >= 0),
    message          TEXT    NOT NULL,
    failure          TEXT,
    worker           TEXT,
    token            INTEGER CHECK (token > 0),
    lease_ms         INTEGER,
    lease_ends_at_ms INTEGER,
    deadline_ms      INTEGER,
    created_at_ms    INTEGER NOT NULL,
    started_at_ms    INTEGER,
    completed_at_ms  INTEGER,
    updated_at_ms    INTEGER NOT NULL,
    revision         INTEGER NOT NULL CHECK (revision > 0),
    CHECK ((phase IN ('FailedValidation', 'Completed', 'PartiallyFailed', 'Failed'))
           = (completed_at_ms IS NOT NULL)),
    CHECK (phase IN ('New', 'FailedValidation', 'Failed') OR started_at_ms IS NOT NULL),
    CHECK (phase <> 'Failed' OR failure IS NOT NULL),
    CHECK ((worker IS NULL) = (token IS NULL) AND (worker IS NULL) = (lease_ends_at_ms IS NULL)
           AND (worker IS NULL) = (lease_ms IS NULL))
) STRICT;

CREATE INDEX restores_active ON restores (number)
    WHERE phase NOT IN ('FailedValidation', 'Completed', 'PartiallyFailed', 'Failed');

CREATE INDEX restores_by_backup ON restores (backup, number);

CREATE INDEX restores_by_end ON restores (completed_at_ms) WHERE completed_at_ms IS NOT NULL;

CREATE TABLE rollout_cells (
    rollout          INTEGER NOT NULL REFERENCES rollouts (number) ON DELETE CASCADE,
    place            INTEGER NOT NULL CHECK (place >= 0),
    cell             TEXT    NOT NULL,
    zone             TEXT    NOT NULL,
    wave             INTEGER NOT NULL CHECK (wave > 0),
    state            TEXT    NOT NULL CHECK (state IN (
        'pending', 'updating', 'baking', 'succeeded', 'failed', 'unreachable', 'skipped', 'abandoned', 'rollbackPending',
        'rollingBack', 'rolledBack', 'rollbackFailed')),
    touched          INTEGER NOT NULL CHECK (touched IN (0, 1)),
    attempt          INTEGER NOT NULL CHECK (attempt >= 0),
    -- What it ran when it was first claimed: what a rollback brings it to.
    before           TEXT,
    worker           TEXT,
    token            INTEGER CHECK (token > 0),
    lease_ms         INTEGER,
    lease_ends_at_ms INTEGER,
    started_at_ms    INTEGER,
    reported_at_ms   INTEGER,
    changed_at_ms    INTEGER,
    healthy_since_ms INTEGER,
    ended_at_ms      INTEGER,
    message          TEXT    NOT NULL,
    -- What the gates' evidence adds up to, in this attempt.
    tallies          TEXT    NOT NULL,
    PRIMARY KEY (rollout, place),
    UNIQUE (rollout, cell),
    -- A cell that was changed can be brought back, or it was never changed.
    CHECK ((touched = 1) = (before IS NOT NULL)),
    CHECK (touched = 1 OR state IN ('pending', 'skipped')),
    CHECK ((worker IS NULL) = (token IS NULL) AND (worker IS NULL) = (lease_ends_at_ms IS NULL)
           AND (worker IS NULL) = (lease_ms IS NULL)),
    CHECK (state NOT IN ('updating', 'rollingBack') OR (token IS NOT NULL AND started_at_ms IS NOT NULL)),
    CHECK (state <> 'baking' OR changed_at_ms IS NOT NULL)
) STRICT, WITHOUT ROWID;

CREATE INDEX rollout_cells_leased ON rollout_cells (lease_ends_at_ms, cell) WHERE lease_ends_at_ms IS NOT NULL;

CREATE TABLE rollout_locks (
    cell    TEXT    NOT NULL,
    service TEXT    NOT NULL,
    rollout INTEGER NOT NULL REFERENCES rollouts (number) ON DELETE CASCADE,
    PRIMARY KEY (cell, service)
) STRICT, WITHOUT ROWID;

CREATE INDEX rollout_locks_by_rollout ON rollout_locks (rollout);

CREATE TABLE rollout_log (
    rollout INTEGER NOT NULL REFERENCES rollouts (number) ON DELETE CASCADE,
    number  INTEGER NOT NULL,
    at_ms   INTEGER NOT NULL,
    level   TEXT    NOT NULL CHECK (level IN ('info', 'warning')),
    message TEXT    NOT NULL,
    PRIMARY KEY (rollout, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE rollouts (
    -- The revision of the event that created it: the order of lists.
    number         INTEGER PRIMARY KEY CHECK (number > 0),
    id             TEXT    NOT NULL UNIQUE,
    release        TEXT    NOT NULL REFERENCES releases (name) ON DELETE RESTRICT,
    state          TEXT    NOT NULL CHECK (state IN (
        'pending', 'running', 'paused', 'awaitingApproval', 'rollingBack', 'succeeded', 'rolledBack', 'aborted', 'failed')),
    going_back     INTEGER NOT NULL CHECK (going_back IN (0, 1)),
    spec           TEXT    NOT NULL,
    -- What each wave is, in order.
    waves          TEXT    NOT NULL,
    -- A digest of which cells are in which wave.
    plan           TEXT    NOT NULL,
    wave           INTEGER NOT NULL CHECK (wave >= 0),
    cause          TEXT,
    approved_wave  INTEGER NOT NULL CHECK (approved_wave >= 0),
    asked_at_ms    INTEGER,
    forgiven       INTEGER NOT NULL CHECK (forgiven >= 0),
    progress_at_ms INTEGER NOT NULL,
    actor          TEXT    NOT NULL,
    reason         TEXT    NOT NULL,
    created_at_ms  INTEGER NOT NULL,
    started_at_ms  INTEGER,
    updated_at_ms  INTEGER NOT NULL,
    ended_at_ms    INTEGER,
    revision       INTEGER NOT NULL CHECK (revision > 0),
    CHECK ((state IN ('succeeded', 'rolledBack', 'aborted', 'failed')) = (ended_at_ms IS NOT NULL)),
    CHECK ((state = 'awaitingApproval') = (asked_at_ms IS NOT NULL)),
    CHECK (going_back = 1 OR state NOT IN ('rollingBack', 'rolledBack', 'failed')),
    CHECK (going_back = 0 OR state IN ('paused', 'rollingBack', 'rolledBack', 'failed')),
    -- Nobody finds a rollout stopped without being told why.
    CHECK (state <> 'paused' OR cause IS NOT NULL)
) STRICT;

CREATE INDEX rollouts_active ON rollouts (number) WHERE ended_at_ms IS NULL;

CREATE INDEX rollouts_by_end ON rollouts (ended_at_ms) WHERE ended_at_ms IS NOT NULL;

CREATE INDEX rollouts_by_release ON rollouts (release, number);

CREATE TABLE schema_migrations (
    version INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    sql TEXT NOT NULL,
    applied_at_ms INTEGER NOT NULL
) STRICT;

CREATE TRIGGER tenants_fence BEFORE UPDATE OF cell, epoch ON tenants
WHEN NEW.epoch < OLD.epoch OR (NEW.cell <> OLD.cell AND NEW.epoch <> OLD.epoch + 1)
BEGIN
    SELECT RAISE(ABORT, 'a tenant changes its cell only with the next epoch');
END;

CREATE TABLE tenants (
    id            TEXT    PRIMARY KEY,
    cell          TEXT    NOT NULL REFERENCES cells (id) ON DELETE RESTRICT,
    epoch         INTEGER NOT NULL CHECK (epoch > 0),
    state         TEXT    NOT NULL CHECK (state IN ('serving', 'migrating', 'frozen', 'suspended')),
    load          INTEGER NOT NULL CHECK (load >= 0),
    pinned        INTEGER NOT NULL CHECK (pinned IN (0, 1)),
    hosts         TEXT    NOT NULL,
    placement     TEXT,
    labels        TEXT,
    revision      INTEGER NOT NULL CHECK (revision > 0),
    created_at_ms INTEGER NOT NULL,
    updated_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX tenants_by_cell ON tenants (cell);

CREATE TABLE tokens (
    name          TEXT    PRIMARY KEY,
    hash          BLOB    NOT NULL UNIQUE CHECK (length(hash) = 32),
    role          TEXT    NOT NULL
        CHECK (role IN ('gateway', 'viewer', 'cell', 'releaser', 'backup', 'operator', 'admin')),
    cell          TEXT,
    created_at_ms INTEGER NOT NULL,
    expires_at_ms INTEGER,
    revision      INTEGER NOT NULL CHECK (revision > 0),
    CHECK ((role = 'cell') = (cell IS NOT NULL))
) STRICT, WITHOUT ROWID;

CREATE TABLE webhook_deliveries (
    webhook         TEXT    NOT NULL REFERENCES webhooks (name) ON DELETE CASCADE,
    -- The revision of the event, which orders them; with the incarnation that it was made in it is the event's id.
    number          INTEGER NOT NULL CHECK (number > 0),
    incarnation     TEXT    NOT NULL CHECK (length(incarnation) = 12),
    type            TEXT    NOT NULL,
    body            TEXT    NOT NULL,
    state           TEXT    NOT NULL CHECK (state IN ('pending', 'delivered', 'dead')),
    attempts        INTEGER NOT NULL CHECK (attempts >= 0),
    status          INTEGER,
    message         TEXT    NOT NULL,
    created_at_ms   INTEGER NOT NULL,
    attempted_at_ms INTEGER,
    next_at_ms      INTEGER,
    ended_at_ms     INTEGER,
    PRIMARY KEY (webhook, number),
    CHECK ((state = 'pending') = (next_at_ms IS NOT NULL)),
    CHECK ((state = 'pending') = (ended_at_ms IS NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX webhook_deliveries_by_end ON webhook_deliveries (ended_at_ms) WHERE ended_at_ms IS NOT NULL;

CREATE INDEX webhook_deliveries_by_state ON webhook_deliveries (webhook, state);

CREATE TABLE webhooks (
    name          TEXT    PRIMARY KEY,
    document      TEXT    NOT NULL,
    -- Sealed with a key that is not in this database.
    secret        BLOB    NOT NULL,
    revision      INTEGER NOT NULL CHECK (revision > 0),
    created_at_ms INTEGER NOT NULL,
    updated_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
