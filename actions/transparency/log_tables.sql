-- The tamper-evident log in a database. Rows are only ever added; one row moves forward: the head.

CREATE TABLE IF NOT EXISTS log_head (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    verifier TEXT NOT NULL,             -- public key and name
    size BIGINT NOT NULL,               -- entries that are there; who adds some locks this row
    signed BIGINT NOT NULL,             -- of them, those under the checkpoint
    checkpoint TEXT NOT NULL,           -- the latest
    cosigned TEXT NOT NULL,             -- the latest that witnesses signed
    witnesses TEXT NOT NULL             -- their keys as they were at first sight, JSON
);

CREATE TABLE IF NOT EXISTS log_entries (
    number BIGINT PRIMARY KEY,          -- from 0, without a gap
    entry BYTEA NOT NULL
);

-- The tree under the checkpoint, at each height of a tile: level 0 has the hash of each entry,
-- level 1 one for each 256 of these, and so on. A tile is 256 neighbours.
CREATE TABLE IF NOT EXISTS log_nodes (
    level INTEGER NOT NULL,
    number BIGINT NOT NULL,
    hash BYTEA NOT NULL,
    PRIMARY KEY (level, number)
) $by_key;
