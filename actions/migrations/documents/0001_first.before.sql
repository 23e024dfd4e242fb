-- Issued documents, and what the log has to say of them.

-- upgrade
CREATE TABLE IF NOT EXISTS documents (
    id TEXT PRIMARY KEY,
    department TEXT NOT NULL,
    form TEXT NOT NULL,
    kid TEXT NOT NULL,
    issued_at INTEGER NOT NULL,
    expires_at INTEGER,
    request_key TEXT NOT NULL,          -- the caller's idempotency key
    request TEXT NOT NULL,              -- keyed hash of what was asked with it
    token_hash TEXT NOT NULL UNIQUE,    -- of the secret in the address of the PDF
    sealed TEXT NOT NULL,               -- CWT, printed values, secret, name of the file
    state TEXT NOT NULL CHECK (state IN ('pending', 'valid', 'revoked', 'replaced')),
    changed_at INTEGER,
    reason TEXT,
    replaced_by TEXT,
    UNIQUE (department, request_key)
);
CREATE INDEX IF NOT EXISTS documents_of_a_key ON documents (kid);

-- What belongs into the log: written here first, `log_index` once it is there.
CREATE TABLE IF NOT EXISTS entries (
    number INTEGER PRIMARY KEY,
    act TEXT NOT NULL,                  -- entries of one act count together or not at all
    document TEXT NOT NULL REFERENCES documents (id),
    kind TEXT NOT NULL CHECK (kind IN ('issued', 'revoked', 'replaced')),
    at INTEGER NOT NULL,
    detail TEXT,                        -- reason of a revocation, id of the replacement
    salt BLOB NOT NULL,
    leaf BLOB NOT NULL,
    log_from INTEGER NOT NULL,          -- size of the log when the act began
    log_index INTEGER
);
CREATE INDEX IF NOT EXISTS entries_of_a_document ON entries (document);
CREATE INDEX IF NOT EXISTS entries_to_log ON entries (act) WHERE log_index IS NULL;
