-- What only some jobs have.

-- name: Add
-- A plain job that ended has only its row in lh_done: what counts on goes on from there, and so does whose end it was, so that a repeated
-- settlement is told from a lost lease when the job has left lh_done.
INSERT INTO lh_state (id, updated, run_number, fence, settled_token)
SELECT ?1, ?2, coalesce(max(run_number), 0), coalesce(max(finished), 0), max(token) FROM lh_done WHERE id = ?1
ON CONFLICT DO NOTHING;

-- name: Get
SELECT due, run_number, failed_attempts, lost_runs, hook_tries, hook_due, fence, settled_token, started, item_failures, log_lines
FROM lh_state WHERE id = ?1;

-- name: Save
UPDATE lh_state SET due = ?2, run_number = ?3, failed_attempts = ?4, lost_runs = ?5, hook_tries = ?6, hook_due = ?7, fence = ?8,
  settled_token = ?9, started = ?10, item_failures = ?11, log_lines = ?12, updated = ?13
WHERE id = ?1;

-- name: Error
UPDATE lh_state SET error_type = ?2, error_message = ?3, error_detail = ?4 WHERE id = ?1;

-- name: Reason
UPDATE lh_state SET reason = ?2 WHERE id = ?1;

-- name: Progress
UPDATE lh_state SET progress = ?2, progress_at = ?3 WHERE id = ?1;

-- name: Checkpoint
UPDATE lh_state SET checkpoint = ?2, checkpoint_at = ?3 WHERE id = ?1;

-- name: SetBody
INSERT INTO lh_body (job, kind, body) VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET body = excluded.body;

-- name: DropBody
DELETE FROM lh_body WHERE job = ?1 AND kind = ?2;

-- name: Continue
-- Phases, cursors and state of an ended job for the one that continues it. Its kept checkpoints stay where they are.
INSERT INTO lh_state (id, updated, progress, progress_at, checkpoint, checkpoint_at)
SELECT ?1, ?3, NULL, NULL, checkpoint, checkpoint_at FROM lh_state WHERE id = ?2 AND checkpoint_at IS NOT NULL;

-- name: ContinueBody
INSERT INTO lh_body (job, kind, body) SELECT ?1, kind, body FROM lh_body WHERE job = ?2 AND kind = 1;

-- name: Restart
-- All that a run left to go on from.
UPDATE lh_state SET progress = NULL, progress_at = NULL, checkpoint = NULL, checkpoint_at = NULL, error_type = NULL, error_message = NULL,
  error_detail = NULL, reason = NULL WHERE id = ?1;

-- name: DropBodies
DELETE FROM lh_body WHERE job = ?1;

-- name: DropItems
DELETE FROM lh_item WHERE job = ?1;
