-- Tables of the sandbox, one file for all departments.
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS sequences (name TEXT PRIMARY KEY, last INTEGER NOT NULL);

-- What a key was answered with, so that asking again changes nothing.
CREATE TABLE IF NOT EXISTS keyed_answers (
    department TEXT NOT NULL, key TEXT NOT NULL, operation TEXT NOT NULL, digest TEXT NOT NULL,
    status INTEGER NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (department, key)
);
CREATE TABLE IF NOT EXISTS writes (
    id INTEGER PRIMARY KEY, department TEXT NOT NULL, operation TEXT NOT NULL,
    key TEXT NOT NULL, reference TEXT NOT NULL, at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS orders (
    id TEXT PRIMARY KEY, department TEXT NOT NULL, operation TEXT NOT NULL,
    reference TEXT NOT NULL, amount REAL NOT NULL, paid_at TEXT
);

-- Which numbers are on record for what: seeds, what was made, and writes (`key/...`) by who sent them.
CREATE TABLE IF NOT EXISTS on_record (
    department TEXT NOT NULL, record TEXT NOT NULL, phone TEXT NOT NULL,
    PRIMARY KEY (department, record, phone)
);
-- One-time codes: keyed hashes only. `opened` is the key of the write that a code opened, '' for reads.
CREATE TABLE IF NOT EXISTS codes (
    department TEXT NOT NULL, bound TEXT NOT NULL, digest TEXT NOT NULL, sent_at REAL NOT NULL,
    tries INTEGER NOT NULL, opened TEXT,
    PRIMARY KEY (department, bound)
);
-- What phones got; the codes in it are good for ten minutes.
CREATE TABLE IF NOT EXISTS sms (
    id INTEGER PRIMARY KEY, department TEXT NOT NULL, phone TEXT NOT NULL, asked_by TEXT NOT NULL,
    sender TEXT NOT NULL, text TEXT NOT NULL, at REAL NOT NULL
);

-- Records of the departments, and what was taken at their counters (counters/<department>.yml).
CREATE TABLE IF NOT EXISTS counter_records (
    department TEXT NOT NULL, collection TEXT NOT NULL, serial INTEGER NOT NULL,
    record TEXT NOT NULL,
    PRIMARY KEY (department, collection, serial)
);
CREATE TABLE IF NOT EXISTS counter_taken (
    department TEXT NOT NULL, operation TEXT NOT NULL, number TEXT NOT NULL, subject TEXT,
    expected TEXT,
    PRIMARY KEY (department, number)
);

-- The payment gateway; amounts in paise.
CREATE TABLE IF NOT EXISTS gateway_orders (
    id TEXT PRIMARY KEY, amount INTEGER NOT NULL, state TEXT NOT NULL, plan TEXT NOT NULL,
    settles_at REAL, payment_id TEXT, paid_at TEXT, taken INTEGER, refund_id TEXT
);
CREATE TABLE IF NOT EXISTS gateway_money (
    id INTEGER PRIMARY KEY, order_id TEXT NOT NULL, kind TEXT NOT NULL, paise INTEGER NOT NULL,
    at TEXT NOT NULL
);
