-- Rollouts: releases, what each cell runs of them, and the rollouts that bring them there.

CREATE TABLE releases (
    name          TEXT    PRIMARY KEY,
    document      TEXT    NOT NULL,
    -- A rollout was made of it: its images never change again.
    used          INTEGER NOT NULL CHECK (used IN (0, 1)),
    revision      INTEGER NOT NULL CHECK (revision > 0),
    created_at_ms INTEGER NOT NULL,
    updated_at_ms INTEGER NOT NULL
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
CREATE INDEX rollouts_by_release ON rollouts (release, number);
CREATE INDEX rollouts_by_end ON rollouts (ended_at_ms) WHERE ended_at_ms IS NOT NULL;

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

-- A cell's claims that are still leased hold it against other rollouts, ended ones' too.
CREATE INDEX rollout_cells_leased ON rollout_cells (lease_ends_at_ms, cell) WHERE lease_ends_at_ms IS NOT NULL;

-- One active rollout per service and cell, whoever starts the second. Deleted when the rollout ends.
CREATE TABLE rollout_locks (
    cell    TEXT    NOT NULL,
    service TEXT    NOT NULL,
    rollout INTEGER NOT NULL REFERENCES rollouts (number) ON DELETE CASCADE,
    PRIMARY KEY (cell, service)
) STRICT, WITHOUT ROWID;

CREATE INDEX rollout_locks_by_rollout ON rollout_locks (rollout);

-- What a service of a cell is to run, and what it was observed to run.
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

-- A rollout asks for all the cells of its services at once.
CREATE INDEX cell_services_by_service ON cell_services (service, cell);

CREATE TABLE rollout_log (
    rollout INTEGER NOT NULL REFERENCES rollouts (number) ON DELETE CASCADE,
    number  INTEGER NOT NULL,
    at_ms   INTEGER NOT NULL,
    level   TEXT    NOT NULL CHECK (level IN ('info', 'warning')),
    message TEXT    NOT NULL,
    PRIMARY KEY (rollout, number)
) STRICT, WITHOUT ROWID;

-- The last fencing token that was given out: it never comes back, so one row must outlive every rollout.
CREATE TABLE fencing (
    id   INTEGER PRIMARY KEY CHECK (id = 1),
    last INTEGER NOT NULL CHECK (last >= 0)
) STRICT;

INSERT INTO fencing VALUES (1, 0);

CREATE TRIGGER fencing_grows BEFORE UPDATE ON fencing WHEN NEW.last <= OLD.last
BEGIN
    SELECT RAISE(ABORT, 'a fencing token never comes back');
END;

-- A copy of the document's: every step of a rollout looks at the health of all cells.
ALTER TABLE cells ADD COLUMN health TEXT NOT NULL DEFAULT 'unknown'
    CHECK (health IN ('unknown', 'healthy', 'degraded', 'unhealthy'));

UPDATE cells SET health = coalesce(document ->> '$.health.status', 'unknown');
