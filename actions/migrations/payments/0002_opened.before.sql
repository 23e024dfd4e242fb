-- Reports find the payments of a period by when they were opened. In PostgreSQL this locks the table
-- against writes for a moment; with millions of payments run first:
-- CREATE INDEX CONCURRENTLY IF NOT EXISTS payments_opened ON payments (opened_at)

-- upgrade
CREATE INDEX IF NOT EXISTS payments_opened ON payments (opened_at);

-- downgrade
DROP INDEX payments_opened;
