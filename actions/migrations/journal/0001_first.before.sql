-- Writes to departments, and the nonces of their callbacks.

-- upgrade
CREATE TABLE IF NOT EXISTS department_nonces (
    id VARCHAR(64) NOT NULL,
    seen_at FLOAT NOT NULL,
    PRIMARY KEY (id)
);
CREATE TABLE IF NOT EXISTS department_writes (
    id VARCHAR(64) NOT NULL,
    department TEXT NOT NULL,
    operation TEXT NOT NULL,
    request TEXT NOT NULL,
    state TEXT NOT NULL,
    result TEXT,
    sent_by FLOAT NOT NULL,
    due_at FLOAT,
    until FLOAT,
    version INTEGER NOT NULL,
    citizen VARCHAR(64),
    unreadable_at FLOAT,
    PRIMARY KEY (id)
);
CREATE INDEX IF NOT EXISTS department_writes_citizen ON department_writes (citizen, sent_by);
CREATE INDEX IF NOT EXISTS department_writes_due ON department_writes (due_at);
