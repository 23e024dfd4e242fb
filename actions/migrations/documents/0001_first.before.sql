-- Issued documents, and what the log has to say of them.

-- upgrade
CREATE TABLE IF NOT EXISTS documents (
    id TEXT PRIMARY KEY,
    department TEXT NOT NULL,
    form TEXT NOT NULL,
    kid TEXT NOT NULL,
    issued_at BIGINT NOT NULL,
    expires_at BIGINT,
    request_key TEXT NOT NULL,          -- the caller's idempotency key
    request TEXT NOT NULL,              -- keyed hash of what was asked with it
    token_hash TEXT NOT NULL UNIQUE,    -- of the secret in the address of the PDF
    sealed TEXT NOT NULL,               -- CWT, printed values, secret, name of the file
    state TEXT NOT NULL CHECK (state IN ('pending', 'valid', 'revoked', 'replaced')),
    changed_at BIGINT,
    reason TEXT,
    replaced_by TEXT,
    UNIQUE (department, request_key)
);
CREATE INDEX IF NOT EXISTS documents_of_a_key ON documents (kid);

-- What belongs into the log: written here first, `log_index` once it is there.
CREATE TABLE IF NOT EXISTS entries (
    number $number,
    act TEXT NOT NULL,                  -- entries of one act count together or not at all
    document TEXT NOT NULL REFERENCES documents (id),
    kind TEXT NOT NULL CHECK (kind IN ('issued', 'revoked', 'replaced')),
    at BIGINT NOT NULL,
    detail TEXT,                        -- reason of a revocation, id of the replacement
    salt BYTEA NOT NULL,
    leaf BYTEA NOT NULL,
    log_from BIGINT NOT NULL,          -- size of the log when the act began
    log_index BIGINT
);
CREATE INDEX IF NOT EXISTS entries_of_a_document ON entries (document);
CREATE INDEX IF NOT EXISTS entries_to_log ON entries (act) WHERE log_index IS NULL;
