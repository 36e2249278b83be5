-- Pending jobs: due (lh_ready) and due later (lh_later), in ranges of consecutive ids.

-- name: Ready
INSERT INTO lh_ready (lane, priority, due, id, jobs, flags) VALUES (?1, ?2, ?3, ?4, ?5, ?6);

-- name: Later
INSERT INTO lh_later (lane, priority, due, id, jobs, flags) VALUES (?1, ?2, ?3, ?4, ?5, ?6);

-- name: ReadyRange
-- The range that a job is in, if it is due: ranges are disjoint, so only the last one that begins at or before it can hold it.
SELECT id, jobs, flags FROM lh_ready WHERE lane = ?1 AND priority = ?2 AND due = ?3 AND id <= ?4 ORDER BY id DESC LIMIT 1;

-- name: LaterRange
SELECT id, jobs, flags FROM lh_later WHERE due = ?1 AND id <= ?2 ORDER BY id DESC LIMIT 1;

-- name: LeaveReady
DELETE FROM lh_ready WHERE lane = ?1 AND priority = ?2 AND due = ?3 AND id = ?4;

-- name: LeaveLater
DELETE FROM lh_later WHERE due = ?1 AND id = ?2;

-- name: Shorten
-- The first ?5 jobs of a range are claimed.
UPDATE lh_ready SET id = id + ?5, jobs = jobs - ?5 WHERE lane = ?1 AND priority = ?2 AND due = ?3 AND id = ?4;

-- name: FirstLater
-- The head of the jobs due later: one page read, however many there are.
SELECT due FROM lh_later ORDER BY due LIMIT 1;

-- name: PromotionEnd
-- Where a promotion of at most ?2 ranges ends.
SELECT due, id FROM lh_later WHERE due <= ?1 ORDER BY due, id LIMIT 1 OFFSET ?2 - 1;

-- name: Promote
INSERT INTO lh_ready (lane, priority, due, id, jobs, flags)
SELECT lane, priority, due, id, jobs, flags FROM lh_later WHERE (due, id) <= (?1, ?2);

-- name: Promoted
DELETE FROM lh_later WHERE (due, id) <= (?1, ?2);
