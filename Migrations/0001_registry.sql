-- The registry: cells, tenants, who may ask, who has asked, and what was done.
-- Times are milliseconds since 1970 UTC. Documents are canonical JSON.

CREATE TABLE lineage (
    id            INTEGER PRIMARY KEY CHECK (id = 1),
    incarnation   TEXT    NOT NULL CHECK (length(incarnation) = 12),
    created_at_ms INTEGER NOT NULL
) STRICT;

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

-- A fault in the code can't give a tenant two cells: another cell needs the next epoch, and no epoch comes back.
CREATE TRIGGER tenants_fence BEFORE UPDATE OF cell, epoch ON tenants
WHEN NEW.epoch < OLD.epoch OR (NEW.cell <> OLD.cell AND NEW.epoch <> OLD.epoch + 1)
BEGIN
    SELECT RAISE(ABORT, 'a tenant changes its cell only with the next epoch');
END;

-- One row a host name, which is what makes it unique over all tenants.
CREATE TABLE hosts (
    host   TEXT PRIMARY KEY,
    tenant TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Who had a host before: written when it is taken away, so that the past can be asked by host.
CREATE TABLE past_hosts (
    host   TEXT NOT NULL,
    tenant TEXT NOT NULL,
    PRIMARY KEY (host, tenant)
) STRICT, WITHOUT ROWID;

-- Anti-affinity seen from the other side: who must not stand beside `avoided`.
CREATE TABLE avoidances (
    avoided TEXT NOT NULL,
    tenant  TEXT NOT NULL,
    PRIMARY KEY (avoided, tenant)
) STRICT, WITHOUT ROWID;

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

-- Every gateway that was ever told a table and has not deregistered. Contact and revision are written behind.
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

-- One row a committed change, whose number is the revision. Nothing here is ever altered.
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

CREATE TRIGGER audit_events_dense BEFORE INSERT ON audit_events
WHEN NEW.revision <> (SELECT coalesce(max(revision), 0) + 1 FROM audit_events)
BEGIN
    SELECT RAISE(ABORT, 'audit events have no gaps');
END;

CREATE TRIGGER audit_events_kept_from_update BEFORE UPDATE ON audit_events
BEGIN
    SELECT RAISE(ABORT, 'audit events are never altered');
END;

CREATE TRIGGER audit_events_kept_from_delete BEFORE DELETE ON audit_events
BEGIN
    SELECT RAISE(ABORT, 'audit events are never deleted');
END;

-- The answer to a POST, for whoever sends it again. Written in the transaction of the effect.
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
