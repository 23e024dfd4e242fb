-- How often each service was used, by day.

-- upgrade
CREATE TABLE IF NOT EXISTS used (
    day INTEGER NOT NULL,
    service TEXT NOT NULL,
    times INTEGER NOT NULL,
    PRIMARY KEY (day, service)
);
