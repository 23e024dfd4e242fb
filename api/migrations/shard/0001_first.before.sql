-- Which of several databases this one is, and of how many. One row, never changed.

-- upgrade
CREATE TABLE IF NOT EXISTS shard (
    one INTEGER PRIMARY KEY,
    place INTEGER NOT NULL,
    shards INTEGER NOT NULL
);
