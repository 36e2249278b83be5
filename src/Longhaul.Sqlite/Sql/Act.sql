-- What people do.

-- name: Order
UPDATE lh_run SET ordered = ?2, ordered_at = ?3, ordered_by = ?4, ordered_reason = ?5 WHERE id = ?1;

-- name: Watch
UPDATE lh_run SET watched_until = ?2 WHERE id = ?1;

-- name: PauseQueue
UPDATE lh_queue SET paused = ?2 WHERE id = ?1;

-- name: LanesOfQueue
SELECT l.id FROM lh_lane l JOIN lh_queue q ON q.id = l.queue WHERE ?1 IS NULL OR q.name = ?1;

-- name: PendingOfLane
-- Pending jobs, not the hooks of failed ones (flag 4).
SELECT id, jobs, priority, due, flags FROM lh_ready WHERE lane = ?1 AND (flags & 4) = 0 LIMIT ?2;

-- name: LaterOfLane
SELECT id, jobs, priority, due, flags FROM lh_later WHERE lane = ?1 AND (flags & 4) = 0 LIMIT ?2;

-- name: FailedOfLane
-- "state <> 4" says nothing new, but lets SQLite use the index that completed jobs are not in.
SELECT d.id FROM lh_done d CROSS JOIN lh_job j ON j.id = d.id WHERE d.state = 5 AND d.state <> 4 AND j.lane = ?1 LIMIT ?2;

-- name: PruneUnique
DELETE FROM lh_unique WHERE until <= ?1;

-- name: PruneSessions
DELETE FROM lh_session WHERE ended < ?1;
