-- The audit, and notes under a key.

-- name: Audit
INSERT INTO lh_audit (at, done_by, action, target, reason, outcome, origin) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7);

-- name: AuditPage
SELECT seq, at, done_by, action, target, reason, outcome, origin FROM lh_audit WHERE seq < ?1 ORDER BY seq DESC LIMIT ?2;

-- name: PruneAudit
-- Rising in time: the oldest come first.
DELETE FROM lh_audit WHERE seq IN (SELECT seq FROM (SELECT seq, at FROM lh_audit ORDER BY seq LIMIT 100) WHERE at < ?1);

-- name: Keep
INSERT INTO lh_note (key, note, until) VALUES (?1, ?2, ?3)
ON CONFLICT (key) DO UPDATE SET note = excluded.note, until = excluded.until WHERE lh_note.until <= ?4;

-- name: Note
SELECT note FROM lh_note WHERE key = ?1;

-- name: NoteNow
SELECT note FROM lh_note WHERE key = ?1 AND until > ?2;

-- name: PruneNotes
DELETE FROM lh_note WHERE key IN (SELECT key FROM lh_note WHERE until <= ?1 LIMIT 1000);
