-- Requests handed over to a person.

-- upgrade
CREATE TABLE IF NOT EXISTS handover (
    number TEXT NOT NULL,
    request TEXT NOT NULL,
    opened FLOAT NOT NULL,
    closed BOOLEAN NOT NULL,
    told TEXT NOT NULL,
    unreadable_at FLOAT,
    PRIMARY KEY (number),
    UNIQUE (request)
);
