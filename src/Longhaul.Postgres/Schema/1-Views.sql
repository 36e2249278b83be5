-- The queue for people and other programs, under the names that they know: with search_path set to this schema, statements written for the
-- queues of before read what they read there. Only columns are ever added, at the end.

CREATE OR REPLACE FUNCTION {schema}.unix_timestamp() RETURNS bigint LANGUAGE sql VOLATILE
SET search_path = pg_catalog, pg_temp AS $f$ SELECT extract(epoch FROM clock_timestamp())::bigint $f$;

CREATE OR REPLACE VIEW {schema}.jobs AS
SELECT j.id, q.name COLLATE "default" AS queue, j.payload, (coalesce(s.failed_attempts, 0) + (r.id IS NOT NULL)::int) AS attempts,
  r.claimed / 1000000 AS reserved_at, coalesce(s.due, j.created + j.delay) / 1000000 AS available_at, j.created / 1000000 AS created_at
FROM {schema}.lh_job j JOIN {schema}.lh_lane l ON l.id = j.lane JOIN {schema}.lh_queue q ON q.id = l.queue
LEFT JOIN LATERAL (
  SELECT x.id, x.claimed, x.session FROM {schema}.lh_run x WHERE x.id = j.id UNION ALL
  SELECT j.id, y.claimed, y.session FROM {schema}.lh_young y WHERE y.first BETWEEN j.id - 1023 AND j.id AND get_bit(y.open, (j.id - y.first)::int) = 1) r ON true
LEFT JOIN {schema}.lh_state s ON s.id = j.id
WHERE NOT EXISTS (SELECT FROM {schema}.lh_done d WHERE d.id = j.id)
  AND NOT EXISTS (SELECT FROM {schema}.lh_done_many m WHERE m.first BETWEEN j.id - 1023 AND j.id AND get_bit(m.jobs, (j.id - m.first)::int) = 1);

CREATE OR REPLACE VIEW {schema}.queue AS
SELECT j.id, coalesce(e.description, n.name COLLATE "default") AS description, coalesce((s.progress::json ->> 'fraction')::float8, 0) AS progress,
  to_char(100 * coalesce((s.progress::json ->> 'fraction')::float8, 0), 'FM990.0%') AS progress_label, j.created / 1000000 AS time_pushed,
  (coalesce(s.failed_attempts, 0) + 1) AS attempt, 0 AS fail, s.error_message AS error
FROM {schema}.lh_job j JOIN {schema}.lh_lane l ON l.id = j.lane JOIN {schema}.lh_name n ON n.id = l.name
LEFT JOIN {schema}.lh_detail e ON e.id = j.id LEFT JOIN {schema}.lh_state s ON s.id = j.id
WHERE NOT EXISTS (SELECT FROM {schema}.lh_done d WHERE d.id = j.id)
  AND NOT EXISTS (SELECT FROM {schema}.lh_done_many m WHERE m.first BETWEEN j.id - 1023 AND j.id AND get_bit(m.jobs, (j.id - m.first)::int) = 1);

-- created_at, the same as failed_at, is for query builders whose "latest" goes by it.
CREATE OR REPLACE VIEW {schema}.failed_jobs AS
SELECT d.id, 'postgres'::text AS connection, q.name COLLATE "default" AS queue, j.payload,
  s.error_type || ': ' || s.error_message || coalesce(E'\n' || s.error_detail, '') AS exception,
  to_timestamp(d.finished / 1000000.0) AS failed_at, to_timestamp(d.finished / 1000000.0) AS created_at
FROM {schema}.lh_done d JOIN {schema}.lh_job j ON j.id = d.id JOIN {schema}.lh_lane l ON l.id = j.lane JOIN {schema}.lh_queue q ON q.id = l.queue
LEFT JOIN {schema}.lh_state s ON s.id = d.id
WHERE d.state = 5 AND d.state <> 4; -- the second lets the planner use the index without completed jobs

CREATE OR REPLACE VIEW {schema}.job_queue_status AS
SELECT j.id, n.name COLLATE "default" AS name, e.owner COLLATE "default" AS owner,
  CASE WHEN d.id IS NOT NULL THEN CASE d.state WHEN 4 THEN 'completed' WHEN 5 THEN 'failed' ELSE 'cancelled' END
    WHEN r.id IS NOT NULL THEN 'processing' WHEN h.id IS NULL AND s.failed_attempts > 0 THEN 'retrying' ELSE 'pending' END AS status,
  (coalesce(s.failed_attempts, 0) + (r.id IS NOT NULL)::int) AS attempts, w.name AS worker, to_timestamp(w.renewed / 1000000.0) AS heartbeat_at,
  to_timestamp(j.created / 1000000.0) AS created_at,
  to_timestamp(greatest(j.created, s.updated, r.claimed, d.finished) / 1000000.0) AS updated_at,
  coalesce((s.progress::json ->> 'fraction')::float8, 0) AS progress, s.error_message AS error
FROM {schema}.lh_job j JOIN {schema}.lh_lane l ON l.id = j.lane JOIN {schema}.lh_name n ON n.id = l.name
LEFT JOIN {schema}.lh_detail e ON e.id = j.id
LEFT JOIN LATERAL (
  SELECT x.id, x.finished, x.state FROM {schema}.lh_done x WHERE x.id = j.id UNION ALL
  SELECT j.id, m.finished, 4 FROM {schema}.lh_done_many m WHERE m.first BETWEEN j.id - 1023 AND j.id AND get_bit(m.jobs, (j.id - m.first)::int) = 1) d ON true
LEFT JOIN LATERAL (
  SELECT x.id, x.claimed, x.session FROM {schema}.lh_run x WHERE x.id = j.id UNION ALL
  SELECT j.id, y.claimed, y.session FROM {schema}.lh_young y WHERE y.first BETWEEN j.id - 1023 AND j.id AND get_bit(y.open, (j.id - y.first)::int) = 1) r ON true
LEFT JOIN {schema}.lh_held h ON h.id = j.id LEFT JOIN {schema}.lh_state s ON s.id = j.id LEFT JOIN {schema}.lh_session w ON w.id = r.session;

-- Not made of the view above: PostgreSQL checks who may read the tables view by view.
CREATE OR REPLACE VIEW {schema}.job_queue AS
SELECT j.id, n.name COLLATE "default" AS name, e.owner COLLATE "default" AS owner,
  CASE WHEN d.id IS NOT NULL THEN CASE d.state WHEN 4 THEN 'completed' WHEN 5 THEN 'failed' ELSE 'cancelled' END
    WHEN r.id IS NOT NULL THEN 'processing' WHEN h.id IS NULL AND s.failed_attempts > 0 THEN 'retrying' ELSE 'pending' END AS status,
  (coalesce(s.failed_attempts, 0) + (r.id IS NOT NULL)::int) AS attempts, w.name AS worker, to_timestamp(w.renewed / 1000000.0) AS heartbeat_at,
  to_timestamp(j.created / 1000000.0) AS created_at,
  to_timestamp(greatest(j.created, s.updated, r.claimed, d.finished) / 1000000.0) AS updated_at
FROM {schema}.lh_job j JOIN {schema}.lh_lane l ON l.id = j.lane JOIN {schema}.lh_name n ON n.id = l.name
LEFT JOIN {schema}.lh_detail e ON e.id = j.id
LEFT JOIN LATERAL (
  SELECT x.id, x.finished, x.state FROM {schema}.lh_done x WHERE x.id = j.id UNION ALL
  SELECT j.id, m.finished, 4 FROM {schema}.lh_done_many m WHERE m.first BETWEEN j.id - 1023 AND j.id AND get_bit(m.jobs, (j.id - m.first)::int) = 1) d ON true
LEFT JOIN LATERAL (
  SELECT x.id, x.claimed, x.session FROM {schema}.lh_run x WHERE x.id = j.id UNION ALL
  SELECT j.id, y.claimed, y.session FROM {schema}.lh_young y WHERE y.first BETWEEN j.id - 1023 AND j.id AND get_bit(y.open, (j.id - y.first)::int) = 1) r ON true
LEFT JOIN {schema}.lh_held h ON h.id = j.id LEFT JOIN {schema}.lh_state s ON s.id = j.id LEFT JOIN {schema}.lh_session w ON w.id = r.session;

-- How far each job is, in the words of its phases. "queue-SECONDS-ID" is made of when the job was enqueued and its id in hexadecimal digits.
CREATE OR REPLACE VIEW {schema}.migration_state AS
SELECT 'queue-' || j.created / 1000000 || '-' || lpad(to_hex(j.id), greatest(6, length(to_hex(j.id))), '0') AS migration_id, j.id AS job_id,
  CASE WHEN d.id IS NOT NULL THEN CASE d.state WHEN 4 THEN 'completed' ELSE 'failed' END WHEN r.id IS NOT NULL THEN 'running' ELSE 'pending' END AS status,
  s.progress::json ->> 'phase' AS phase, coalesce(CASE WHEN p.done BETWEEN -9e18 AND 9e18 THEN trunc(p.done)::bigint END, 0) AS processed,
  CASE WHEN p.total BETWEEN -9e18 AND 9e18 THEN trunc(p.total)::bigint END AS total,
  CASE WHEN d.state = 4 THEN 1 ELSE coalesce((s.progress::json ->> 'fraction')::float8, 0) END AS progress,
  to_timestamp(greatest(j.created, s.updated, s.progress_at, r.claimed, d.finished) / 1000000.0) AS updated_at
FROM {schema}.lh_job j
LEFT JOIN LATERAL (
  SELECT x.id, x.finished, x.state FROM {schema}.lh_done x WHERE x.id = j.id UNION ALL
  SELECT j.id, m.finished, 4 FROM {schema}.lh_done_many m WHERE m.first BETWEEN j.id - 1023 AND j.id AND get_bit(m.jobs, (j.id - m.first)::int) = 1) d ON true
LEFT JOIN LATERAL (
  SELECT x.id, x.claimed, x.session FROM {schema}.lh_run x WHERE x.id = j.id UNION ALL
  SELECT j.id, y.claimed, y.session FROM {schema}.lh_young y WHERE y.first BETWEEN j.id - 1023 AND j.id AND get_bit(y.open, (j.id - y.first)::int) = 1) r ON true
LEFT JOIN {schema}.lh_state s ON s.id = j.id
CROSS JOIN LATERAL (SELECT (s.progress::json ->> 'done')::float8 AS done, (s.progress::json ->> 'total')::float8 AS total) p;

-- What runs tried, step by step. The subject of a step, such as a photo's uuid, is what it is looked up by; its hash is what is indexed.
CREATE OR REPLACE VIEW {schema}.ingest_traces AS
SELECT t.seq AS id, t.subject COLLATE "default" AS uuid, t.job AS job_id, t.type AS trace_type, t.method AS method_tried, t.ord AS method_order, t.success,
  t.reason AS failure_reason, jsonb_build_object('duration_ms', round(t.milliseconds)::bigint) || CASE coalesce(json_typeof(t.result_info::json), 'null')
    WHEN 'object' THEN t.result_info::jsonb WHEN 'null' THEN '{}' ELSE jsonb_build_object('value', t.result_info::jsonb) END AS result_info,
  to_timestamp(t.at / 1000000.0) AS created_at
FROM {schema}.lh_trace t;
