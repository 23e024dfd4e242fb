-- The model that answers a share of the citizens beside the live one. Each Seva of before answers everybody with the live one.

-- upgrade
CREATE TABLE IF NOT EXISTS canary_model (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    id TEXT NOT NULL REFERENCES models (id),
    percent DOUBLE PRECISION NOT NULL   -- of the citizens whom it answers
);

-- downgrade
-- loses canaries: SELECT COUNT(*) FROM canary_model
DROP TABLE canary_model;
