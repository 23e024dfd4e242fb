-- The ledger.

-- upgrade
CREATE TABLE IF NOT EXISTS payments (
    id VARCHAR(64) NOT NULL,
    bill VARCHAR(64) NOT NULL,
    department TEXT NOT NULL,
    operation TEXT NOT NULL,
    gateway TEXT NOT NULL,
    order_id TEXT,
    paise BIGINT,
    state TEXT NOT NULL,
    opened_at FLOAT NOT NULL,
    changed_at FLOAT NOT NULL,
    due_at FLOAT,
    tries INTEGER NOT NULL,
    told TEXT NOT NULL,
    receipt TEXT NOT NULL,
    alarm TEXT NOT NULL,
    private TEXT NOT NULL,
    version INTEGER NOT NULL,
    payer VARCHAR(64),
    unreadable_at FLOAT,
    PRIMARY KEY (id)
);
CREATE INDEX IF NOT EXISTS payments_due ON payments (due_at);
CREATE UNIQUE INDEX IF NOT EXISTS payments_one_unsettled ON payments (bill)
    WHERE state IN ('open', 'opening', 'paid', 'paid_not_booked', 'pending');
CREATE UNIQUE INDEX IF NOT EXISTS payments_order ON payments (gateway, order_id);
CREATE INDEX IF NOT EXISTS payments_payer ON payments (payer);
