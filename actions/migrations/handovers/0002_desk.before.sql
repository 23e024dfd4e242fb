-- Requests for a person have a department, an officer who claimed them, and a talk.
-- Sevas of before leave the new columns empty, and go on opening and closing requests.

-- upgrade
ALTER TABLE handover ADD COLUMN mine TEXT;
ALTER TABLE handover ADD COLUMN department TEXT;
ALTER TABLE handover ADD COLUMN officer TEXT;
ALTER TABLE handover ADD COLUMN talker TEXT;
ALTER TABLE handover ADD COLUMN claimed FLOAT;
ALTER TABLE handover ADD COLUMN ended FLOAT;
ALTER TABLE handover ADD COLUMN reason TEXT;
ALTER TABLE handover ADD COLUMN rating INTEGER;
ALTER TABLE handover ADD COLUMN entries INTEGER NOT NULL DEFAULT 0;
ALTER TABLE handover ADD COLUMN wrote FLOAT;
ALTER TABLE handover ADD COLUMN answered FLOAT;
CREATE UNIQUE INDEX handover_talker ON handover (talker);
CREATE INDEX handover_mine ON handover (mine);
CREATE INDEX handover_department ON handover (department, closed, opened);
CREATE INDEX handover_of_officer ON handover (officer, closed, opened);
CREATE TABLE handover_talk (
    id TEXT NOT NULL,
    number TEXT NOT NULL,
    place INTEGER NOT NULL,
    at FLOAT NOT NULL,
    kind TEXT NOT NULL,
    officer TEXT,
    sending TEXT NOT NULL,
    said TEXT NOT NULL,
    unreadable_at FLOAT,
    PRIMARY KEY (id),
    UNIQUE (number, place)
);
CREATE INDEX handover_talk_sending ON handover_talk (sending, number, place);
CREATE TABLE handover_officer (
    officer TEXT NOT NULL,
    departments TEXT NOT NULL,
    seen FLOAT NOT NULL,
    PRIMARY KEY (officer)
);

-- downgrade
-- loses talks of officers with citizens: SELECT COUNT(*) FROM handover_talk
-- loses claims of officers: SELECT COUNT(*) FROM handover WHERE officer IS NOT NULL
DROP TABLE handover_officer;
DROP TABLE handover_talk;
DROP INDEX handover_of_officer;
DROP INDEX handover_department;
DROP INDEX handover_mine;
DROP INDEX handover_talker;
ALTER TABLE handover DROP COLUMN answered;
ALTER TABLE handover DROP COLUMN wrote;
ALTER TABLE handover DROP COLUMN entries;
ALTER TABLE handover DROP COLUMN rating;
ALTER TABLE handover DROP COLUMN reason;
ALTER TABLE handover DROP COLUMN ended;
ALTER TABLE handover DROP COLUMN claimed;
ALTER TABLE handover DROP COLUMN talker;
ALTER TABLE handover DROP COLUMN officer;
ALTER TABLE handover DROP COLUMN department;
ALTER TABLE handover DROP COLUMN mine;
