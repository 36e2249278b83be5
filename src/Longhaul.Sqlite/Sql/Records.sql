-- The audit, and notes under a key.

-- name: Audit
-- Behind all lines that there are: a program of an older release leaves the head where it was.
INSERT INTO lh_audit (seq, before, at, done_by, action, target, reason, outcome, origin)
SELECT max(h.last, h.first - 1, coalesce((SELECT max(a.seq) FROM lh_audit a), 0)) + 1, h.hash, ?1, ?2, ?3, ?4, ?5, ?6, ?7 FROM lh_audit_head h
RETURNING seq, before, json_array(seq, at, done_by, action, target, reason, outcome, origin);

-- name: AuditHead
UPDATE lh_audit_head SET last = ?1, hash = ?2;

-- name: AuditPage
SELECT seq, at, done_by, action, target, reason, outcome, origin FROM lh_audit WHERE seq < ?1 ORDER BY seq DESC LIMIT ?2;

-- name: OldAudit
-- Where the lines begin that stay; null: all do. Not behind the newest that is there: whether lines are missed at the end is for the doctor to tell.
SELECT max(seq) + 1 FROM (SELECT seq, max(at) OVER (ORDER BY seq) AS latest FROM (SELECT seq, at FROM lh_audit ORDER BY seq LIMIT 100)) WHERE latest < ?1;

-- name: AuditFrom
UPDATE lh_audit_head SET first = ?1 WHERE first < ?1;

-- name: PruneAudit
DELETE FROM lh_audit WHERE seq < ?1;

-- name: Keep
INSERT INTO lh_note (key, note, until) VALUES (?1, ?2, ?3)
ON CONFLICT (key) DO UPDATE SET note = excluded.note, until = excluded.until WHERE lh_note.until <= ?4;

-- name: Note
SELECT note FROM lh_note WHERE key = ?1;

-- name: NoteNow
SELECT note FROM lh_note WHERE key = ?1 AND until > ?2;

-- name: PruneNotes
DELETE FROM lh_note WHERE key IN (SELECT key FROM lh_note WHERE until <= ?1 LIMIT 1000);
