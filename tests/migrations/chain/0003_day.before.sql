-- Notes have a day.

-- upgrade
ALTER TABLE notes ADD COLUMN day INTEGER;
CREATE INDEX notes_day ON notes (day);

-- downgrade
-- loses days of notes: SELECT COUNT(*) FROM notes WHERE day IS NOT NULL
DROP INDEX notes_day;
ALTER TABLE notes DROP COLUMN day;
