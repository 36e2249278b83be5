-- What is claimed first, and how.

-- name: PausedQueues
SELECT id FROM lh_queue WHERE paused;

-- name: NextLane
-- From lane to lane by one seek each: the lanes that hold anything, whatever it is.
SELECT lane FROM lh_ready WHERE lane > ?1 ORDER BY lane LIMIT 1;

-- name: NextPriority
SELECT priority FROM lh_ready WHERE lane = ?1 AND priority > ?2 ORDER BY priority LIMIT 1;

-- name: Head
-- One of these runs for each lane; the claim merges their heads and stops when it has enough.
SELECT priority, due, id, jobs, flags FROM lh_ready WHERE lane = ?1 AND priority BETWEEN ?2 AND ?3 ORDER BY priority, due, id;

-- name: Run
INSERT INTO lh_run (id, token, session, claim, claimed, fence, lane, priority, due, flags, run_number, place, begun, headway)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, 0);

-- name: Counters
SELECT run_number, fence FROM lh_state WHERE id = ?1;

-- name: HookRuns
-- The hook of a failed job is on its way: it is no longer due.
UPDATE lh_state SET hook_due = NULL WHERE id = ?1;

-- name: Jobs
SELECT id, payload_version, created, payload FROM lh_job WHERE id BETWEEN ?1 AND ?2 ORDER BY id;

-- name: Detail
SELECT policy, owner, trace_parent FROM lh_detail WHERE id = ?1;

-- name: State
SELECT s.failed_attempts, s.lost_runs, s.hook_tries, s.item_failures, s.error_type, s.error_message, s.error_detail, s.progress,
  coalesce(s.checkpoint, b.body)
FROM lh_state s LEFT JOIN lh_body b ON b.job = s.id AND b.kind = 1
WHERE s.id = ?1;

-- name: Find
SELECT r.id, r.token, r.flags, r.lane, r.priority, r.due, r.claimed, r.fence, r.run_number, r.begun
FROM lh_run r WHERE r.session = ?1 AND r.claim = ?2 ORDER BY r.place;

-- name: Upcoming
-- Who is next of those due later. Bounded: beyond them the claim asks to be called again at the last one's time.
SELECT due, lane FROM lh_later ORDER BY due, id LIMIT 256;
