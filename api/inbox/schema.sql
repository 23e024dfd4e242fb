-- Inbox, outbox, trackers, for SQLite and PostgreSQL. `$number` numbers the rows; `$by_key` tells
-- SQLite that a table is found by its key only (nlu/storage/migrations/step.py). A change here needs a
-- step in api/migrations/inbox (docs/migrations.md).

-- The clock of a SQLite file (nlu/storage/clock.py); PostgreSQL has its own.
CREATE TABLE IF NOT EXISTS clock (boot TEXT, shift DOUBLE PRECISION, seen DOUBLE PRECISION);

-- When WhatsApp last told a status, to the second: one row.
CREATE TABLE IF NOT EXISTS told (one INTEGER PRIMARY KEY, at DOUBLE PRECISION NOT NULL);

CREATE TABLE IF NOT EXISTS inbox (
    seq $number,
    message_id TEXT NOT NULL UNIQUE,
    lane TEXT NOT NULL,
    kind TEXT NOT NULL,
    payload TEXT NOT NULL,                  -- sealed; emptied when done: words are not kept
    sent_at DOUBLE PRECISION NOT NULL,      -- WhatsApp's time: the order of answers
    received_at DOUBLE PRECISION NOT NULL,
    state INTEGER NOT NULL DEFAULT 0,       -- 0 waiting, 1 done, 2 dead letter
    attempts INTEGER NOT NULL DEFAULT 0,    -- turns that failed while all else worked
    claims INTEGER NOT NULL DEFAULT 0,      -- claims that never came back, the present one too
    reason TEXT,
    trace TEXT                              -- traceparent of its arrival: ids, no words
);
CREATE INDEX IF NOT EXISTS inbox_waiting ON inbox (lane, sent_at, seq) WHERE state = 0;
CREATE INDEX IF NOT EXISTS inbox_oldest ON inbox (received_at) WHERE state = 0;
CREATE INDEX IF NOT EXISTS inbox_dead ON inbox (seq) WHERE state = 2;
CREATE INDEX IF NOT EXISTS inbox_age ON inbox (received_at);

-- A lane is a citizen with open messages. `due_at` is when it may be claimed: the arrival of its
-- first message, the end of a lease, or the end of a wait. `token` names the present owner, `voice`
-- whether its first message is a voice note.
CREATE TABLE IF NOT EXISTS inbox_lanes (
    lane TEXT PRIMARY KEY, due_at DOUBLE PRECISION NOT NULL, token TEXT, voice INTEGER NOT NULL DEFAULT 0
) $by_key;
CREATE INDEX IF NOT EXISTS inbox_lanes_due ON inbox_lanes (voice, due_at);

-- Rasa's trackers: slots and the open form, sealed; written with the outbox and the message's end.
CREATE TABLE IF NOT EXISTS trackers (
    lane TEXT PRIMARY KEY, tracker TEXT NOT NULL, used_at DOUBLE PRECISION NOT NULL
) $by_key;
CREATE INDEX IF NOT EXISTS trackers_age ON trackers (used_at);

CREATE TABLE IF NOT EXISTS outbox (
    seq $number,
    inbox_id TEXT NOT NULL,
    step INTEGER NOT NULL,
    tracker TEXT NOT NULL UNIQUE,           -- biz_opaque_callback_data
    lane TEXT NOT NULL,
    body TEXT NOT NULL,                     -- sealed; emptied when it has arrived
    state INTEGER NOT NULL DEFAULT 0,       -- pending sending sent delivered read failed, parked
    message_id TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,
    created_at DOUBLE PRECISION NOT NULL,
    reason TEXT,
    refused TEXT NOT NULL DEFAULT '',       -- ids of tries that failed at WhatsApp, spaces between
    trace TEXT,                             -- traceparent of the turn, or of the news
    UNIQUE (inbox_id, step)
);
CREATE INDEX IF NOT EXISTS outbox_open ON outbox (lane, seq) WHERE state < 2;
CREATE INDEX IF NOT EXISTS outbox_lane ON outbox (lane, seq);
CREATE INDEX IF NOT EXISTS outbox_message ON outbox (message_id);
CREATE INDEX IF NOT EXISTS outbox_age ON outbox (created_at);

CREATE TABLE IF NOT EXISTS outbox_lanes (
    lane TEXT PRIMARY KEY, due_at DOUBLE PRECISION NOT NULL, token TEXT, voice INTEGER NOT NULL DEFAULT 0
) $by_key;
CREATE INDEX IF NOT EXISTS outbox_lanes_due ON outbox_lanes (voice, due_at);

-- What the options that we sent stand for, sealed.
CREATE TABLE IF NOT EXISTS choices (
    id TEXT PRIMARY KEY, lane TEXT NOT NULL, tracker TEXT NOT NULL, payload TEXT NOT NULL,
    number INTEGER, created_at DOUBLE PRECISION NOT NULL
) $by_key;
CREATE INDEX IF NOT EXISTS choices_tracker ON choices (tracker, number);
CREATE INDEX IF NOT EXISTS choices_age ON choices (created_at);

-- Who wants no news until they say so.
CREATE TABLE IF NOT EXISTS quiet (lane TEXT PRIMARY KEY, since DOUBLE PRECISION NOT NULL) $by_key;

CREATE TABLE IF NOT EXISTS citizens (
    lane TEXT PRIMARY KEY, phone_number_id TEXT NOT NULL, citizen TEXT NOT NULL, phone TEXT,
    language TEXT, script TEXT, use_phone INTEGER NOT NULL DEFAULT 0, seen_at DOUBLE PRECISION NOT NULL
) $by_key;
