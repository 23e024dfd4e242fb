-- Who made which model live when, and why, for all machines. Each Seva of before remembers only what was done on its own.

-- upgrade
CREATE TABLE IF NOT EXISTS model_changes (
    id TEXT PRIMARY KEY,                -- of this change
    model TEXT NOT NULL,
    made_at DOUBLE PRECISION NOT NULL,
    change TEXT NOT NULL                -- who, what, why (nlu.lineage.Change), JSON
);

CREATE INDEX IF NOT EXISTS model_changes_by_time ON model_changes (made_at);

-- downgrade
-- loses changes of the live model: SELECT COUNT(*) FROM model_changes
DROP TABLE model_changes;
