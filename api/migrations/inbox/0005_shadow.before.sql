-- Messages that a candidate understands beside the live model, and how often the two differed
-- (api/shadow). Sevas of before neither write nor read them.

-- upgrade
-- The models that understood live messages beside the live one (api/shadow). In the first of several
-- databases only; `running` is 1 for the one that does so now, else empty, so there is one at most.
CREATE TABLE IF NOT EXISTS shadow_candidates (
    number $number,
    running INTEGER UNIQUE DEFAULT 1,
    model TEXT NOT NULL,
    live TEXT NOT NULL,                     -- the model that it is held against
    since DOUBLE PRECISION NOT NULL,
    until DOUBLE PRECISION NOT NULL,        -- when it ends by itself
    started_by TEXT NOT NULL,
    reason TEXT NOT NULL,
    ended_at DOUBLE PRECISION,
    ended_by TEXT NOT NULL DEFAULT '',      -- empty where it ended by itself
    end_reason TEXT NOT NULL DEFAULT ''
);

-- Messages that wait for the candidate, in the database of their citizen. Taken away when they were
-- compared.
CREATE TABLE IF NOT EXISTS shadow_messages (
    seq $number,
    id TEXT NOT NULL UNIQUE,                -- keyed hash of the message's
    who TEXT NOT NULL,                      -- keyed hash of the lane
    hour DOUBLE PRECISION NOT NULL,         -- of its turn, without minutes
    candidate BIGINT NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,       -- how often it was begun
    payload TEXT NOT NULL                   -- masked and sealed
);
CREATE INDEX IF NOT EXISTS shadow_messages_who ON shadow_messages (who);
CREATE INDEX IF NOT EXISTS shadow_messages_hour ON shadow_messages (hour);

-- What the live model and the candidate did: so many messages of a day.
CREATE TABLE IF NOT EXISTS shadow_counts (
    candidate BIGINT NOT NULL,
    day TEXT NOT NULL,                      -- ISO
    key TEXT NOT NULL,                      -- of the language, such as te-Latn
    live TEXT NOT NULL, other TEXT NOT NULL, -- actions, without words of the message
    count INTEGER NOT NULL,
    PRIMARY KEY (candidate, day, key, live, other)
) $by_key;

-- downgrade
-- loses models that were tried beside the live one: SELECT COUNT(*) FROM shadow_candidates
-- loses counts of what they did otherwise: SELECT COUNT(*) FROM shadow_counts
DROP TABLE shadow_counts;
DROP TABLE shadow_messages;
DROP TABLE shadow_candidates;
