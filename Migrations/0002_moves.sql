-- Moving tenants: operations, their batches and moves, the rules that keep them safe.

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

CREATE INDEX operations_running ON operations (number) WHERE ended_at_ms IS NULL;
CREATE INDEX operations_by_resource ON operations (resource, number);
CREATE INDEX operations_by_end ON operations (ended_at_ms) WHERE ended_at_ms IS NOT NULL;

CREATE TABLE operation_log (
    operation INTEGER NOT NULL REFERENCES operations (number) ON DELETE CASCADE,
    number    INTEGER NOT NULL,
    at_ms     INTEGER NOT NULL,
    level     TEXT    NOT NULL CHECK (level IN ('info', 'warning')),
    message   TEXT    NOT NULL,
    PRIMARY KEY (operation, number)
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

CREATE INDEX batches_unsettled ON batches (operation, number)
    WHERE state NOT IN ('reversible', 'done', 'aborted', 'reversing', 'reversed');
CREATE INDEX batches_in_window ON batches (window_ends_at_ms) WHERE state = 'reversible';

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

-- A tenant is in one move at a time, whoever starts the second.
CREATE UNIQUE INDEX moves_active ON moves (tenant) WHERE state IN ('planned', 'moving');
CREATE INDEX moves_by_batch ON moves (operation, batch);
CREATE INDEX moves_to_cell ON moves (target) WHERE state IN ('planned', 'moving');

CREATE TABLE policies (
    id            INTEGER PRIMARY KEY CHECK (id = 1),
    document      TEXT    NOT NULL,
    revision      INTEGER NOT NULL CHECK (revision > 0),
    updated_at_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE evacuations (
    zone          TEXT    PRIMARY KEY,
    operation     TEXT    NOT NULL,
    -- Null: until somebody restores the zone.
    expires_at_ms INTEGER,
    created_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
