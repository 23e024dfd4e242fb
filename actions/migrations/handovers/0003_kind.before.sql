-- Requests at the desk have a kind: a handover or a grievance.
-- Sevas of before leave it empty, which is a handover, and show grievances as handovers.

-- upgrade
ALTER TABLE handover ADD COLUMN kind TEXT;

-- downgrade
-- loses the kind of grievances: SELECT COUNT(*) FROM handover WHERE kind = 'grievance'
ALTER TABLE handover DROP COLUMN kind;
