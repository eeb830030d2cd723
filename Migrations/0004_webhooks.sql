-- Whom the control plane tells of events, and what is on its way to them.

CREATE TABLE webhooks (
    name          TEXT    PRIMARY KEY,
    document      TEXT    NOT NULL,
    -- Sealed with a key that is not in this database.
    secret        BLOB    NOT NULL,
    revision      INTEGER NOT NULL CHECK (revision > 0),
    created_at_ms INTEGER NOT NULL,
    updated_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Written in the transaction of what it tells of: an event is on its way if, and only if, it has happened.
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

CREATE INDEX webhook_deliveries_by_state ON webhook_deliveries (webhook, state);
CREATE INDEX webhook_deliveries_by_end ON webhook_deliveries (ended_at_ms) WHERE ended_at_ms IS NOT NULL;
