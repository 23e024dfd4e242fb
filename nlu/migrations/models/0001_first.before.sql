-- Models that machines share, and which of them is live.

-- upgrade
CREATE TABLE IF NOT EXISTS models (
    id TEXT PRIMARY KEY,
    manifest TEXT NOT NULL,             -- manifest.json
    sha256 TEXT NOT NULL,               -- of the packed release in the store
    added_at DOUBLE PRECISION NOT NULL
);

CREATE TABLE IF NOT EXISTS live_model (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    id TEXT NOT NULL REFERENCES models (id),
    history TEXT NOT NULL               -- what was live before, the latest last, JSON
);
