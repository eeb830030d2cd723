-- The backup catalog: schedules and the runs that they have missed, backups with what was found out about them, restores.

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

CREATE TABLE missed_backup_runs (
    schedule       TEXT    NOT NULL REFERENCES backup_schedules (name) ON DELETE CASCADE,
    due_at_ms      INTEGER NOT NULL,
    reason         TEXT    NOT NULL CHECK (reason IN ('overlap', 'superseded', 'down', 'late')),
    recorded_at_ms INTEGER NOT NULL,
    message        TEXT    NOT NULL,
    PRIMARY KEY (schedule, due_at_ms)
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

-- A run is started once, whatever crashes.
CREATE UNIQUE INDEX backups_by_run ON backups (schedule, due_at_ms) WHERE due_at_ms IS NOT NULL;
CREATE INDEX backups_by_schedule ON backups (schedule, number) WHERE schedule IS NOT NULL;
CREATE INDEX backups_by_line ON backups (line, phase);
CREATE INDEX backups_active ON backups (number)
    WHERE phase NOT IN ('FailedValidation', 'Completed', 'PartiallyFailed', 'Failed');
CREATE INDEX backups_by_expiry ON backups (expires_at_ms);

CREATE TABLE backup_verifications (
    backup   INTEGER NOT NULL REFERENCES backups (number) ON DELETE CASCADE,
    number   INTEGER NOT NULL,
    document TEXT    NOT NULL,
    PRIMARY KEY (backup, number)
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

-- Those that read a backup: it is not deleted meanwhile.
CREATE INDEX restores_by_backup ON restores (backup, number);
CREATE INDEX restores_active ON restores (number)
    WHERE phase NOT IN ('FailedValidation', 'Completed', 'PartiallyFailed', 'Failed');
CREATE INDEX restores_by_end ON restores (completed_at_ms) WHERE completed_at_ms IS NOT NULL;
