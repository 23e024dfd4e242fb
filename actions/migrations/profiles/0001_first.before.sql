-- What citizens allowed to be remembered.

-- upgrade
CREATE TABLE IF NOT EXISTS profile (
    citizen TEXT NOT NULL,
    consent BOOLEAN NOT NULL,
    told TEXT,
    used FLOAT,
    unreadable_at FLOAT,
    PRIMARY KEY (citizen)
);
