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
    updated_at_ms INTEGER NOT NULL,
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
