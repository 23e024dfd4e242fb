-- How turns went by the model that answered, so that a canary has figures of its own. A Seva of before counts none.

-- upgrade
CREATE TABLE IF NOT EXISTS model_counts (
    what TEXT NOT NULL,
    day INTEGER NOT NULL,
    model TEXT NOT NULL,
    language TEXT NOT NULL,
    kind TEXT NOT NULL,
    times BIGINT NOT NULL,
    PRIMARY KEY (what, day, model, language, kind)
);

-- downgrade
-- loses counts of models: SELECT COUNT(*) FROM model_counts
DROP TABLE model_counts;
