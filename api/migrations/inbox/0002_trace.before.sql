-- Messages and replies remember the trace of the webhook that began them (a W3C traceparent).
-- Sevas of before leave it empty.

-- upgrade
ALTER TABLE inbox ADD COLUMN trace TEXT;
ALTER TABLE outbox ADD COLUMN trace TEXT;

-- downgrade
-- loses traces of messages: SELECT COUNT(*) FROM inbox WHERE trace IS NOT NULL
-- loses traces of replies: SELECT COUNT(*) FROM outbox WHERE trace IS NOT NULL
ALTER TABLE outbox DROP COLUMN trace;
ALTER TABLE inbox DROP COLUMN trace;
