-- How often what happened on a day, for the reports.

-- upgrade
CREATE TABLE IF NOT EXISTS daily_counts (
    what TEXT NOT NULL,
    day INTEGER NOT NULL,
    department TEXT NOT NULL,
    service TEXT NOT NULL,
    language TEXT NOT NULL,
    district TEXT NOT NULL,
    kind TEXT NOT NULL,
    times BIGINT NOT NULL,
    seconds BIGINT NOT NULL,
    PRIMARY KEY (what, day, department, service, language, district, kind)
);

-- downgrade
-- loses counts of days: SELECT COUNT(*) FROM daily_counts
DROP TABLE daily_counts;
