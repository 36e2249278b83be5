-- How a job goes from one table to another.

-- name: Hold
INSERT INTO lh_held (id, state, lane, priority, flags) VALUES (?1, ?2, ?3, ?4, ?5);

-- name: LeaveHeld
DELETE FROM lh_held WHERE id = ?1;

-- name: LeaveDone
DELETE FROM lh_done WHERE id = ?1;

-- name: LeaveRun
DELETE FROM lh_run WHERE id = ?1;

-- name: Done
INSERT INTO lh_done (id, state, flags, run_number, token, finished, expires) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7);

-- name: Gone
INSERT INTO lh_gone (id, nonce, token, expires) SELECT id, nonce, ?2, ?3 FROM lh_job WHERE id = ?1;

-- name: EraseJob
DELETE FROM lh_job WHERE id = ?1;

-- name: EraseDetail
DELETE FROM lh_detail WHERE id = ?1;

-- name: EraseState
DELETE FROM lh_state WHERE id = ?1;

-- name: EraseHold
DELETE FROM lh_hold WHERE id = ?1;

-- name: EraseBody
DELETE FROM lh_body WHERE job = ?1;

-- name: EraseCheckpoints
DELETE FROM lh_checkpoint WHERE job = ?1;

-- name: EraseLog
DELETE FROM lh_log WHERE job = ?1;

-- name: EraseTraces
DELETE FROM lh_trace WHERE job = ?1;

-- name: EraseItems
DELETE FROM lh_item WHERE job = ?1;

-- name: EraseHistory
DELETE FROM lh_history WHERE job = ?1;

-- name: Tags
SELECT tags FROM lh_detail WHERE id = ?1;

-- name: EraseTag
DELETE FROM lh_tag WHERE tag = ?1 AND job = ?2;

-- name: AddHold
INSERT OR REPLACE INTO lh_hold (id, token, session) VALUES (?1, ?2, ?3);
