-- Reading for people: never on the writer's connection.

-- name: JobColumns
j.id, n.name, q.name, q.paused, j.priority, j.payload_version, e.policy, e.owner, e.tags, e.description, e.unique_key, e.continue_from, e.enqueued_by,
j.created, coalesce(s.due, j.created + j.delay),
{State},
coalesce(s.started, CASE WHEN r.run_number = 1 THEN r.claimed END), max(coalesce(s.updated, 0), j.created, coalesce(r.claimed, 0), coalesce(r.ordered_at, 0), coalesce(d.finished, 0)),
d.finished, d.expires, max(coalesce(r.run_number, 0), coalesce(d.run_number, 0), coalesce(s.run_number, 0)),
coalesce(s.failed_attempts, 0), coalesce(s.lost_runs, 0), r.session, w.name, r.ordered, r.ordered_at, s.progress, s.progress_at, s.checkpoint_at,
coalesce(s.item_failures, 0), s.error_type, s.error_message, s.error_detail, s.reason, r.claimed, o.id IS NOT NULL

-- name: State
CASE WHEN d.id IS NOT NULL THEN d.state WHEN r.id IS NOT NULL THEN 2 WHEN h.id IS NOT NULL THEN h.state ELSE 1 END

-- name: JobJoins
JOIN lh_lane l ON l.id = j.lane
JOIN lh_queue q ON q.id = l.queue
JOIN lh_name n ON n.id = l.name
LEFT JOIN lh_detail e ON e.id = j.id
LEFT JOIN lh_done d ON d.id = j.id
LEFT JOIN lh_run r ON r.id = j.id
LEFT JOIN lh_held h ON h.id = j.id
LEFT JOIN lh_hold o ON o.id = j.id
LEFT JOIN lh_state s ON s.id = j.id
LEFT JOIN lh_session w ON w.id = r.session

-- name: JobBodies
SELECT j.payload, b.body FROM lh_job j LEFT JOIN lh_body b ON b.job = j.id AND b.kind = 2 WHERE j.id = ?1;

-- name: Lanes
SELECT l.id, q.name, n.name FROM lh_lane l JOIN lh_queue q ON q.id = l.queue JOIN lh_name n ON n.id = l.name;

-- name: Failures
-- ?3: whether owners are wanted. Each further table is a page of the file for each job.
SELECT d.id, d.finished, j.lane, e.owner, s.error_type, s.error_message
FROM (SELECT id, finished FROM lh_done WHERE state = 5 AND state <> 4 AND id < ?1 ORDER BY id DESC LIMIT ?2) d
JOIN lh_job j ON j.id = d.id LEFT JOIN lh_detail e ON e.id = CASE WHEN ?3 THEN d.id END LEFT JOIN lh_state s ON s.id = d.id
ORDER BY d.id DESC;

-- name: PendingRanges
SELECT id, jobs, flags FROM lh_ready UNION ALL SELECT id, jobs, flags FROM lh_later LIMIT ?1;

-- name: LiveWorkers
SELECT queues, names FROM lh_session WHERE state < 3;

-- name: Queues
SELECT id, name, paused, waiting, pending, running, held, completed, failed, cancelled FROM lh_queue;

-- name: LaterByQueue
-- Those due later, and those whose time has come while nobody claimed.
SELECT l.queue, coalesce(sum(t.jobs) FILTER (WHERE t.due > ?1), 0), min(t.due) FILTER (WHERE t.due <= ?1)
FROM lh_later t JOIN lh_lane l ON l.id = t.lane WHERE (t.flags & 4) = 0 GROUP BY l.queue;

-- name: OldestOfLane
-- The hook of a failed job (flag 4) is no due job.
SELECT due FROM lh_ready WHERE lane = ?1 AND priority = ?2 AND (flags & 4) = 0 ORDER BY due LIMIT 1;

-- name: DueByLane
-- How many of a lane are due: counted, for doctor and dashboard ask it only of lanes that nobody works.
SELECT coalesce(sum(jobs), 0), min(due) FROM (
  SELECT jobs, due FROM lh_ready WHERE lane = ?1 AND (flags & 4) = 0
  UNION ALL SELECT jobs, due FROM lh_later WHERE due <= ?2 AND lane = ?1 AND (flags & 4) = 0);

-- name: Workers
SELECT id, state, name, host_name, boot_id, machine_id, pid_namespace, pid, process_start, queues, names, concurrency, version, grp, opened, beat, lease,
  (SELECT count(*) FROM lh_run r WHERE r.session = w.id)
FROM lh_session w WHERE ended IS NULL OR ended >= ?1 ORDER BY opened, id;

-- name: RunsOf
SELECT id, token, claim, ordered FROM lh_run WHERE session = ?1 ORDER BY claimed, place;

-- name: Log
SELECT g.seq, g.job, g.run_number, n.name, g.at, g.level, g.text FROM lh_log g JOIN lh_lane l ON l.id = g.lane JOIN lh_name n ON n.id = l.name

-- name: Traces
SELECT seq, job, run_number, at, type, subject, method, ord, success, reason, milliseconds, result_info FROM lh_trace t

-- name: Items
SELECT seq, loop, cursor, after, error_type, error_message, error_detail, at, label, tries FROM lh_item WHERE job = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3;

-- name: History
SELECT at, kind, run_number, worker, duration, error_type, error_message, error_detail, done_by, reason FROM lh_history WHERE job = ?1 ORDER BY seq;

-- name: Checkpoints
SELECT id, run_number, phase, at, bytes FROM lh_checkpoint WHERE job = ?1 ORDER BY id DESC;

-- name: Checkpoint
SELECT body FROM lh_checkpoint WHERE job = ?1 AND id = ?2;

-- name: CurrentCheckpoint
SELECT coalesce(s.checkpoint, b.body) FROM lh_state s LEFT JOIN lh_body b ON b.job = s.id AND b.kind = 1 WHERE s.id = ?1;

-- name: TraceWindow
-- The last of so many traces; none: nothing lies beyond.
SELECT seq FROM lh_trace WHERE seq > ?1 ORDER BY seq LIMIT 1 OFFSET ?2;

-- name: TraceWindowBack
SELECT seq FROM lh_trace WHERE seq < ?1 ORDER BY seq DESC LIMIT 1 OFFSET ?2;
