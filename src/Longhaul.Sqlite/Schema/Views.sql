-- The queue for people and other programs, under the names that they know. Made in a file of Longhaul's own only: in an application's
-- file a table of the application may want such a name. The triggers' work is in Migrations/002-changing-in-sql.sql.

CREATE VIEW jobs AS
SELECT j.id, q.name AS queue, j.payload, coalesce(s.failed_attempts, 0) + (r.id IS NOT NULL) AS attempts,
  r.claimed / 1000000 AS reserved_at, coalesce(s.due, j.created + j.delay) / 1000000 AS available_at, j.created / 1000000 AS created_at
FROM lh_job j JOIN lh_lane l ON l.id = j.lane JOIN lh_queue q ON q.id = l.queue
LEFT JOIN lh_run r ON r.id = j.id LEFT JOIN lh_state s ON s.id = j.id
WHERE NOT EXISTS (SELECT 1 FROM lh_done d WHERE d.id = j.id);

CREATE TRIGGER jobs_delete INSTEAD OF DELETE ON jobs BEGIN
  INSERT INTO lh_cancel SELECT * FROM lh_place WHERE id = OLD.id AND state < 4;
END;

-- Only "reserved_at = NULL, attempts = 0" means something: the job is released. A row that has both already is left as it is.
CREATE TRIGGER jobs_release INSTEAD OF UPDATE ON jobs BEGIN
  SELECT RAISE(ABORT, 'An UPDATE of jobs must set reserved_at to NULL and attempts to 0, which releases the job, and nothing else. Use the longhaul command line or the API for other changes.')
  WHERE NEW.reserved_at IS NOT NULL OR NEW.attempts IS NOT 0
    OR (NEW.id, NEW.queue, NEW.payload, NEW.available_at, NEW.created_at) IS NOT (OLD.id, OLD.queue, OLD.payload, OLD.available_at, OLD.created_at);
  INSERT INTO lh_release SELECT * FROM lh_place WHERE id = OLD.id AND state < 4 AND (OLD.reserved_at IS NOT NULL OR OLD.attempts <> 0);
END;

CREATE VIEW queue AS
SELECT j.id, coalesce(e.description, n.name) AS description, coalesce(s.progress ->> 'fraction', 0.0) AS progress,
  printf('%.1f%%', 100 * coalesce(s.progress ->> 'fraction', 0.0)) AS progress_label, j.created / 1000000 AS time_pushed,
  coalesce(s.failed_attempts, 0) + 1 AS attempt, 0 AS fail, s.error_message AS error
FROM lh_job j JOIN lh_lane l ON l.id = j.lane JOIN lh_name n ON n.id = l.name
LEFT JOIN lh_detail e ON e.id = j.id LEFT JOIN lh_state s ON s.id = j.id
WHERE NOT EXISTS (SELECT 1 FROM lh_done d WHERE d.id = j.id);

CREATE TRIGGER queue_delete INSTEAD OF DELETE ON queue BEGIN
  INSERT INTO lh_cancel SELECT * FROM lh_place WHERE id = OLD.id AND state < 4;
END;

-- created_at, the same as failed_at, is for query builders whose "latest" goes by it.
CREATE VIEW failed_jobs AS
SELECT d.id, 'sqlite' AS connection, q.name AS queue, j.payload,
  s.error_type || ': ' || s.error_message || coalesce(char(10) || s.error_detail, '') AS exception, datetime(d.finished / 1000000, 'unixepoch') AS failed_at,
  datetime(d.finished / 1000000, 'unixepoch') AS created_at
FROM lh_done d JOIN lh_job j ON j.id = d.id JOIN lh_lane l ON l.id = j.lane JOIN lh_queue q ON q.id = l.queue LEFT JOIN lh_state s ON s.id = d.id
WHERE d.state = 5 AND d.state <> 4; -- the second lets SQLite use the index without completed jobs

CREATE TRIGGER failed_jobs_delete INSTEAD OF DELETE ON failed_jobs BEGIN
  INSERT INTO lh_forget SELECT * FROM lh_place WHERE id = OLD.id AND state = 5;
END;

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

-- How far each job is, in the words of its phases. "queue-SECONDS-ID" is made of when the job was enqueued and its id in hexadecimal digits.
CREATE VIEW IF NOT EXISTS migration_state AS
SELECT printf('queue-%d-%06x', j.created / 1000000, j.id) AS migration_id, j.id AS job_id,
  CASE WHEN d.id IS NOT NULL THEN CASE d.state WHEN 4 THEN 'completed' ELSE 'failed' END WHEN r.id IS NOT NULL THEN 'running' ELSE 'pending' END AS status,
  s.progress ->> 'phase' AS phase, CAST(coalesce(s.progress ->> 'done', 0) AS INTEGER) AS processed, CAST(s.progress ->> 'total' AS INTEGER) AS total,
  CASE WHEN d.state = 4 THEN 1.0 ELSE coalesce(s.progress ->> 'fraction', 0.0) END AS progress,
  datetime(max(j.created, coalesce(s.updated, 0), coalesce(s.progress_at, 0), coalesce(r.claimed, 0), coalesce(d.finished, 0)) / 1000000, 'unixepoch') AS updated_at
FROM lh_job j LEFT JOIN lh_done d ON d.id = j.id LEFT JOIN lh_run r ON r.id = j.id LEFT JOIN lh_state s ON s.id = j.id;

-- What runs tried, step by step. The subject of a step, such as a photo's uuid, is what it is looked up by.
CREATE VIEW IF NOT EXISTS ingest_traces AS
SELECT seq AS id, subject AS uuid, job AS job_id, type AS trace_type, method AS method_tried, ord AS method_order, success, reason AS failure_reason,
  json_patch(json_object('duration_ms', CAST(round(milliseconds) AS INTEGER)), coalesce(result_info, '{}')) AS result_info, datetime(at / 1000000, 'unixepoch') AS created_at
FROM lh_trace;
