-- Reading for people: plain snapshots, no locks.

-- name: JobColumns
j.id, n.name, q.name, q.paused, j.priority, j.payload_version, e.policy, e.owner, e.tags, e.description, e.unique_key, e.continue_from, e.enqueued_by,
j.created, coalesce(s.due, j.created + j.delay), coalesce(d.state, CASE WHEN r.id IS NOT NULL THEN 2 END, h.state, 1),
coalesce(s.started, CASE WHEN r.run_number = 1 THEN r.claimed END), greatest(s.updated, j.created, r.claimed, r.ordered_at, d.finished),
d.finished, d.expires, greatest(r.run_number, d.run_number, s.run_number, 0),
coalesce(s.failed_attempts, 0), coalesce(s.lost_runs, 0), r.session, w.name, r.ordered, r.ordered_at, s.progress, s.progress_at, s.checkpoint_at,
coalesce(s.item_failures, 0), s.error_type, s.error_message, s.error_detail, s.reason, r.claimed, o.id IS NOT NULL

-- name: JobJoins
-- A completed job has no run, also not that of a hook.
JOIN {schema}.lh_lane l ON l.id = j.lane
JOIN {schema}.lh_queue q ON q.id = l.queue
JOIN {schema}.lh_name n ON n.id = l.name
LEFT JOIN {schema}.lh_detail e ON e.id = j.id
LEFT JOIN LATERAL {schema}.lh_done_at(j.id) d ON true
LEFT JOIN LATERAL {schema}.lh_run_at(CASE WHEN d.state IS DISTINCT FROM 4 THEN j.id END) r ON true
LEFT JOIN {schema}.lh_held h ON h.id = j.id
LEFT JOIN {schema}.lh_hold o ON o.id = j.id
LEFT JOIN {schema}.lh_state s ON s.id = j.id
LEFT JOIN {schema}.lh_session w ON w.id = r.session

-- name: PlanOnce
-- To the end of the batch. A window's statement, which is prepared, takes longer to plan than to run, and its plan is the same for all windows.
SELECT set_config('plan_cache_mode', 'force_generic_plan', true);

-- name: Match
-- One job of a window and what a filter asks of it. OFFSET 0 keeps the planner from turning it into a join of whole tables. A join with a table
-- that a filter does not ask for, it leaves out; the two below it could not.
SELECT FROM {schema}.lh_job j
LEFT JOIN {schema}.lh_detail e ON e.id = j.id
LEFT JOIN {schema}.lh_state s ON s.id = j.id

-- name: MatchEnd
LEFT JOIN LATERAL {schema}.lh_done_at(j.id) d ON true

-- name: MatchRun
LEFT JOIN LATERAL {schema}.lh_run_at(j.id) r ON true
LEFT JOIN {schema}.lh_held h ON h.id = j.id

-- name: Jobs
{schema}.lh_job j

-- name: Tags
{schema}.lh_tag t

-- name: Details
{schema}.lh_detail e

-- name: Runs
{schema}.lh_runs() r

-- name: Held
{schema}.lh_held h

-- name: Done
{schema}.lh_done d

-- name: Failures
-- $3: whether owners are wanted. Lanes are few, and looked up together.
WITH lanes AS MATERIALIZED (
  SELECT l.id, q.name AS queue, n.name FROM {schema}.lh_lane l JOIN {schema}.lh_queue q ON q.id = l.queue JOIN {schema}.lh_name n ON n.id = l.name
)
SELECT d.id, d.finished, l.queue, l.name, e.owner, s.error_type, s.error_message
FROM (SELECT d.id, d.finished FROM {schema}.lh_done d WHERE d.state = 5 AND d.state <> 4 AND d.id < $1 ORDER BY d.id DESC LIMIT $2) d
JOIN {schema}.lh_job j ON j.id = d.id
JOIN lanes l ON l.id = j.lane
LEFT JOIN {schema}.lh_detail e ON e.id = CASE WHEN $3 THEN d.id END
LEFT JOIN {schema}.lh_state s ON s.id = d.id
ORDER BY d.id DESC;

-- name: PendingRanges
SELECT y.id + y.taken AS id, y.jobs - y.taken AS jobs, y.flags, y.lane FROM {schema}.lh_ready y
UNION ALL SELECT l.id, l.jobs, l.flags, l.lane FROM {schema}.lh_later l

-- name: PendingIsInFewRanges
SELECT (SELECT count(*) FROM (SELECT FROM {schema}.lh_ready LIMIT 10001) y) + (SELECT count(*) FROM (SELECT FROM {schema}.lh_later LIMIT 10001) l) <= 10000;

-- name: FirstDone
SELECT least((SELECT min(d.id) FROM {schema}.lh_done d), (SELECT min(m.first) FROM {schema}.lh_done_many m))

-- name: LastDone
SELECT greatest((SELECT max(d.id) FROM {schema}.lh_done d), (SELECT max(m.first) + 1023 FROM {schema}.lh_done_many m))

-- name: Logs
{schema}.lh_log g

-- name: Traces
{schema}.lh_trace g

-- name: Lanes
SELECT l.id FROM {schema}.lh_lane l JOIN {schema}.lh_queue q ON q.id = l.queue JOIN {schema}.lh_name n ON n.id = l.name

-- name: LiveWorkers
SELECT {schema}.lh_now($1), w.names, w.queues
FROM (SELECT) one LEFT JOIN (SELECT DISTINCT names, queues FROM {schema}.lh_session WHERE state < 3) w ON true;

-- name: Queues
-- Counts as they were rolled up, and what has come since. Pending jobs that are due later, and those whose time has come while nobody claimed,
-- are looked up; the longest due one is the head of a priority of a lane, of which each is sought in the index.
WITH RECURSIVE heads AS (
  (SELECT lane, priority FROM {schema}.lh_ready ORDER BY lane, priority LIMIT 1)
  UNION ALL
  SELECT x.lane, x.priority FROM heads h CROSS JOIN LATERAL (
    SELECT r.lane, r.priority FROM {schema}.lh_ready r WHERE (r.lane, r.priority) > (h.lane, h.priority) ORDER BY r.lane, r.priority LIMIT 1) x
), oldest AS (
  SELECT h.lane, min(x.due) AS due FROM heads h CROSS JOIN LATERAL (
    SELECT r.due FROM {schema}.lh_ready r WHERE r.lane = h.lane AND r.priority = h.priority AND (r.flags & 4) = 0 ORDER BY r.due LIMIT 1) x
  GROUP BY h.lane
), later AS (
  SELECT lane, sum(jobs) FILTER (WHERE due > (SELECT {schema}.lh_now($1))) AS scheduled, min(due) FILTER (WHERE due <= (SELECT {schema}.lh_now($1))) AS due
  FROM {schema}.lh_later WHERE (flags & 4) = 0 GROUP BY lane
), since AS (
  SELECT lane, sum(waiting) AS waiting, sum(pending) AS pending, sum(running) AS running, sum(held) AS held,
    sum(completed) AS completed, sum(failed) AS failed, sum(cancelled) AS cancelled
  FROM {schema}.lh_tally GROUP BY lane
)
SELECT q.name, q.paused, coalesce(sum(l.waiting + coalesce(t.waiting, 0)), 0)::bigint, coalesce(sum(l.pending + coalesce(t.pending, 0)), 0)::bigint,
  coalesce(sum(l.running + coalesce(t.running, 0)), 0)::bigint, coalesce(sum(l.held + coalesce(t.held, 0)), 0)::bigint,
  coalesce(sum(l.completed + coalesce(t.completed, 0)), 0)::bigint, coalesce(sum(l.failed + coalesce(t.failed, 0)), 0)::bigint,
  coalesce(sum(l.cancelled + coalesce(t.cancelled, 0)), 0)::bigint, coalesce(sum(a.scheduled), 0)::bigint, least(min(o.due), min(a.due))
FROM {schema}.lh_queue q
LEFT JOIN {schema}.lh_lane l ON l.queue = q.id
LEFT JOIN since t ON t.lane = l.id
LEFT JOIN later a ON a.lane = l.id
LEFT JOIN oldest o ON o.lane = l.id
GROUP BY q.id;

-- name: Unhandled
-- Due jobs of lanes that no living worker takes: counted, for doctor and dashboard ask it only of lanes that nobody works.
WITH alone AS MATERIALIZED (
  SELECT l.id, q.name AS queue, n.name
  FROM {schema}.lh_lane l JOIN {schema}.lh_queue q ON q.id = l.queue JOIN {schema}.lh_name n ON n.id = l.name
  WHERE NOT EXISTS (
    SELECT FROM {schema}.lh_session w WHERE w.state < 3 AND n.name = ANY (w.names) AND (w.queues IS NULL OR q.name = ANY (w.queues)))
), due AS (
  SELECT a.id, x.jobs, x.due FROM alone a CROSS JOIN LATERAL (
    SELECT sum(r.jobs - r.taken) AS jobs, min(r.due) AS due FROM {schema}.lh_ready r WHERE r.lane = a.id AND (r.flags & 4) = 0) x
  WHERE x.jobs > 0
  UNION ALL
  SELECT t.lane, sum(t.jobs), min(t.due) FROM {schema}.lh_later t WHERE t.due <= (SELECT {schema}.lh_now($1)) AND (t.flags & 4) = 0 GROUP BY t.lane
)
SELECT a.name, a.queue, sum(d.jobs)::bigint, min(d.due) FROM alone a JOIN due d ON d.id = a.id
GROUP BY a.id, a.name, a.queue ORDER BY a.queue, a.name;

-- name: Workers
SELECT w.id, w.state, w.name, w.host_name, w.boot_id, w.machine_id, w.pid_namespace, w.pid, w.process_start, w.queues, w.names, w.concurrency,
  w.version, w.grp, w.opened, w.renewed, w.lease, (SELECT count(*) FROM {schema}.lh_runs() r WHERE r.session = w.id)
FROM {schema}.lh_session w WHERE w.ended IS NULL OR w.ended >= (SELECT {schema}.lh_now($1)) - 3600000000 ORDER BY w.opened, w.id;

-- name: LogColumns
g.seq, g.job, g.run_number, n.name, g.at, g.level, g.text

-- name: LogJoins
JOIN {schema}.lh_lane l ON l.id = g.lane JOIN {schema}.lh_name n ON n.id = l.name

-- name: TraceColumns
g.seq, g.job, g.run_number, g.at, g.type, g.subject, g.method, g.ord, g.success, g.reason, g.milliseconds, g.result_info

-- name: Items
SELECT seq, loop, cursor, after, error_type, error_message, error_detail, at, label, tries
FROM {schema}.lh_item WHERE job = $1 AND seq > $2 ORDER BY seq LIMIT $3;

-- name: History
SELECT at, kind, run_number, worker, duration, error_type, error_message, error_detail, done_by, reason FROM {schema}.lh_history WHERE job = $1 ORDER BY seq;

-- name: Checkpoints
SELECT id, run_number, phase, at, bytes FROM {schema}.lh_checkpoint WHERE job = $1 ORDER BY id DESC;

-- name: Checkpoint
SELECT body FROM {schema}.lh_checkpoint WHERE job = $1 AND id = $2;

-- name: CurrentCheckpoint
SELECT coalesce(s.checkpoint, b.body) FROM {schema}.lh_state s LEFT JOIN {schema}.lh_body b ON b.job = s.id AND b.kind = 1 WHERE s.id = $1;

-- name: JobResult
LEFT JOIN {schema}.lh_body b ON b.job = j.id AND b.kind = 2

-- name: Sizes
SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint, pg_database_size(current_database())
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = {schema_text} AND c.relkind = 'r';
