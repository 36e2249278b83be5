-- How a run ends.

-- name: Run
SELECT token, session, claimed, fence, lane, priority, due, flags, run_number, ordered, ordered_by, ordered_reason, begun FROM lh_run WHERE id = ?1;

-- name: Leave
DELETE FROM lh_run WHERE id = ?1;

-- name: LeavePlain
-- A first run of which nothing has been said since its claim: its flags are the same. When that is not so, or the run is another's now,
-- nothing is deleted.
DELETE FROM lh_run WHERE id = ?1 AND token = ?2 AND flags = ?3;

-- name: RunState
-- How a job stands whose run is not that of the caller's token.
SELECT CASE WHEN d.id IS NOT NULL THEN d.state WHEN r.id IS NOT NULL THEN 2 WHEN h.id IS NOT NULL THEN h.state ELSE 1 END, d.token, s.settled_token
FROM lh_job j LEFT JOIN lh_done d ON d.id = j.id LEFT JOIN lh_run r ON r.id = j.id LEFT JOIN lh_held h ON h.id = j.id LEFT JOIN lh_state s ON s.id = j.id
WHERE j.id = ?1;

-- name: GoneToken
SELECT 1 FROM lh_gone WHERE id = ?1 AND token = ?2;

-- name: HoldOf
SELECT id FROM lh_hold WHERE id = ?1 AND token = ?2;

-- name: DropHeldFlag
UPDATE lh_held SET flags = flags & ~?2 WHERE id = ?1;

-- name: AddDoneFlag
UPDATE lh_done SET flags = flags | ?2 WHERE id = ?1;

-- name: DropDoneFlag
UPDATE lh_done SET flags = flags & ~?2 WHERE id = ?1;

-- name: History
INSERT INTO lh_history (job, at, kind, run_number, worker, duration, error_type, error_message, error_detail, done_by, reason)
VALUES (?1, ?2, ?3, ?4, (SELECT name FROM lh_session WHERE id = ?5), ?6, ?7, ?8, ?9, ?10, ?11);
