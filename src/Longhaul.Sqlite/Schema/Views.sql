-- The queue for people and other programs, under the names that they know. Made in a file of Longhaul's own only: in an application's
-- file a table of the application may want such a name.

CREATE VIEW jobs AS
SELECT j.id, q.name AS queue, j.payload, coalesce(s.failed_attempts, 0) + (r.id IS NOT NULL) AS attempts,
  r.claimed / 1000000 AS reserved_at, coalesce(s.due, j.created + j.delay) / 1000000 AS available_at, j.created / 1000000 AS created_at
FROM lh_job j JOIN lh_lane l ON l.id = j.lane JOIN lh_queue q ON q.id = l.queue
LEFT JOIN lh_run r ON r.id = j.id LEFT JOIN lh_state s ON s.id = j.id
WHERE NOT EXISTS (SELECT 1 FROM lh_done d WHERE d.id = j.id);

CREATE VIEW queue AS
SELECT j.id, coalesce(e.description, n.name) AS description, coalesce(s.progress ->> 'fraction', 0.0) AS progress,
  printf('%.1f%%', 100 * coalesce(s.progress ->> 'fraction', 0.0)) AS progress_label, j.created / 1000000 AS time_pushed,
  coalesce(s.failed_attempts, 0) + 1 AS attempt, 0 AS fail, s.error_message AS error
FROM lh_job j JOIN lh_lane l ON l.id = j.lane JOIN lh_name n ON n.id = l.name
LEFT JOIN lh_detail e ON e.id = j.id LEFT JOIN lh_state s ON s.id = j.id
WHERE NOT EXISTS (SELECT 1 FROM lh_done d WHERE d.id = j.id);

CREATE VIEW failed_jobs AS
SELECT d.id, 'sqlite' AS connection, q.name AS queue, j.payload,
  s.error_type || ': ' || s.error_message || coalesce(char(10) || s.error_detail, '') AS exception, datetime(d.finished / 1000000, 'unixepoch') AS failed_at
FROM lh_done d JOIN lh_job j ON j.id = d.id JOIN lh_lane l ON l.id = j.lane JOIN lh_queue q ON q.id = l.queue LEFT JOIN lh_state s ON s.id = d.id
WHERE d.state = 5 AND d.state <> 4; -- the second lets SQLite use the index without completed jobs

CREATE VIEW job_queue_status AS
SELECT j.id, n.name, e.owner,
  CASE WHEN d.id IS NOT NULL THEN CASE d.state WHEN 4 THEN 'completed' WHEN 5 THEN 'failed' ELSE 'cancelled' END
    WHEN r.id IS NOT NULL THEN 'processing' WHEN h.id IS NULL AND s.failed_attempts > 0 THEN 'retrying' ELSE 'pending' END AS status,
  coalesce(s.failed_attempts, 0) + (r.id IS NOT NULL) AS attempts, w.name AS worker, datetime(w.beat / 1000000, 'unixepoch') AS heartbeat_at,
  datetime(j.created / 1000000, 'unixepoch') AS created_at,
  datetime(max(j.created, coalesce(s.updated, 0), coalesce(r.claimed, 0), coalesce(d.finished, 0)) / 1000000, 'unixepoch') AS updated_at,
  coalesce(s.progress ->> 'fraction', 0.0) AS progress, s.error_message AS error
FROM lh_job j JOIN lh_lane l ON l.id = j.lane JOIN lh_name n ON n.id = l.name
LEFT JOIN lh_detail e ON e.id = j.id LEFT JOIN lh_done d ON d.id = j.id LEFT JOIN lh_run r ON r.id = j.id LEFT JOIN lh_held h ON h.id = j.id
LEFT JOIN lh_state s ON s.id = j.id LEFT JOIN lh_session w ON w.id = r.session;

CREATE VIEW job_queue AS
SELECT id, name, owner, status, attempts, worker, heartbeat_at, created_at, updated_at FROM job_queue_status;
