-- How often each API key was used.

-- upgrade
CREATE TABLE IF NOT EXISTS windows (
    name TEXT NOT NULL, seconds DOUBLE PRECISION NOT NULL,
    since DOUBLE PRECISION NOT NULL, count INTEGER NOT NULL,
    PRIMARY KEY (name, seconds)
) $by_key;
CREATE INDEX IF NOT EXISTS windows_age ON windows (since);
