-- The console: accounts, invitations, sessions, and what was done.

-- upgrade
CREATE TABLE IF NOT EXISTS account (
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    folded TEXT NOT NULL,
    roles TEXT NOT NULL,
    departments TEXT NOT NULL,
    email TEXT,
    password TEXT NOT NULL,
    secret TEXT,
    last_step BIGINT NOT NULL,
    language TEXT NOT NULL,
    made_at FLOAT NOT NULL,
    closed_at FLOAT,
    failures INTEGER NOT NULL,
    locked_until FLOAT NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (folded),
    UNIQUE (email)
);
CREATE TABLE IF NOT EXISTS invitation (
    token TEXT NOT NULL,
    name TEXT NOT NULL,
    folded TEXT NOT NULL,
    roles TEXT NOT NULL,
    departments TEXT NOT NULL,
    email TEXT,
    secret TEXT,
    ends_at FLOAT NOT NULL,
    PRIMARY KEY (token)
);
CREATE TABLE IF NOT EXISTS console_session (
    token TEXT NOT NULL,
    account TEXT NOT NULL,
    began_at FLOAT NOT NULL,
    seen_at FLOAT NOT NULL,
    PRIMARY KEY (token)
);
CREATE INDEX IF NOT EXISTS ix_console_session_account ON console_session (account);
CREATE TABLE IF NOT EXISTS audit (
    id TEXT NOT NULL,
    at FLOAT NOT NULL,
    account TEXT NOT NULL,
    act TEXT NOT NULL,
    about TEXT NOT NULL,
    entry BIGINT,
    PRIMARY KEY (id)
);
CREATE INDEX IF NOT EXISTS ix_audit_at ON audit (at);
CREATE INDEX IF NOT EXISTS ix_audit_entry ON audit (entry);
