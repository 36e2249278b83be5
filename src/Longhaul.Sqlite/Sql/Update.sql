-- What runs tell between claim and settle.

-- name: Run
UPDATE lh_run SET flags = ?2, headway = headway OR ?3 WHERE id = ?1;

-- name: Log
INSERT INTO lh_log (job, run_number, lane, at, level, text) VALUES (?1, ?2, ?3, ?4, ?5, ?6);

-- name: DropOldLog
-- The oldest lines of a job that has more than it may.
DELETE FROM lh_log WHERE seq IN (SELECT seq FROM lh_log WHERE job = ?1 ORDER BY seq LIMIT ?2);

-- name: Trace
INSERT INTO lh_trace (job, run_number, at, type, subject, method, ord, success, reason, milliseconds, result_info)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11);

-- name: Item
INSERT INTO lh_item (job, loop, cursor, after, error_type, error_message, error_detail, at, label, tries)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
ON CONFLICT (job, loop, cursor) DO UPDATE SET after = excluded.after, error_type = excluded.error_type, error_message = excluded.error_message,
  error_detail = excluded.error_detail, at = excluded.at, label = excluded.label, tries = excluded.tries;

-- name: Mended
DELETE FROM lh_item WHERE job = ?1 AND loop = ?2 AND cursor = ?3;

-- name: CountItems
SELECT count(*) FROM lh_item WHERE job = ?1;

-- name: Keep
INSERT INTO lh_checkpoint (job, run_number, phase, at, bytes, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6);

-- name: KeepLast
DELETE FROM lh_checkpoint WHERE id IN (SELECT id FROM lh_checkpoint WHERE job = ?1 ORDER BY id DESC LIMIT -1 OFFSET ?2);
