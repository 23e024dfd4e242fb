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

CREATE TABLE IF NOT EXISTS model_changes (
    id TEXT PRIMARY KEY,                -- of this change
    model TEXT NOT NULL,
    made_at DOUBLE PRECISION NOT NULL,
    change TEXT NOT NULL                -- who, what, why (nlu.lineage.Change), JSON
);

CREATE INDEX IF NOT EXISTS model_changes_by_time ON model_changes (made_at);

CREATE TABLE IF NOT EXISTS canary_model (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    id TEXT NOT NULL REFERENCES models (id),
    percent DOUBLE PRECISION NOT NULL   -- of the citizens whom it answers
);
