-- name: Counts
-- Each queue's kept counts beside the true ones: for people who ask, never on a hot path.
WITH truth AS (
  SELECT j.lane, CASE WHEN d.id IS NOT NULL THEN d.state WHEN r.id IS NOT NULL THEN 2 WHEN h.id IS NOT NULL THEN h.state ELSE 1 END AS state
  FROM lh_job j LEFT JOIN lh_done d ON d.id = j.id LEFT JOIN lh_run r ON r.id = j.id LEFT JOIN lh_held h ON h.id = j.id),
sums AS (SELECT l.queue, t.state, count(*) AS n FROM truth t JOIN lh_lane l ON l.id = t.lane GROUP BY 1, 2)
SELECT q.name FROM lh_queue q
WHERE (q.waiting, q.pending, q.running, q.held, q.completed, q.failed, q.cancelled) IS NOT (
  SELECT coalesce(sum(n) FILTER (WHERE state = 0), 0), coalesce(sum(n) FILTER (WHERE state = 1), 0), coalesce(sum(n) FILTER (WHERE state = 2), 0),
    coalesce(sum(n) FILTER (WHERE state = 3), 0), coalesce(sum(n) FILTER (WHERE state = 4), 0), coalesce(sum(n) FILTER (WHERE state = 5), 0),
    coalesce(sum(n) FILTER (WHERE state = 6), 0)
  FROM sums s WHERE s.queue = q.id);

-- name: Lost
-- Jobs in no table of states: nobody would ever claim them.
SELECT (SELECT count(*) FROM lh_job j
  WHERE NOT EXISTS (SELECT 1 FROM lh_done d WHERE d.id = j.id) AND NOT EXISTS (SELECT 1 FROM lh_run r WHERE r.id = j.id)
    AND NOT EXISTS (SELECT 1 FROM lh_held h WHERE h.id = j.id))
  - (SELECT coalesce(sum(jobs), 0) FROM lh_ready WHERE (flags & 4) = 0) - (SELECT coalesce(sum(jobs), 0) FROM lh_later WHERE (flags & 4) = 0);

-- name: Audit
-- In one statement, that head and lines are of one moment.
SELECT h.first, h.last, h.hash, a.seq, a.before, json_array(a.seq, a.at, a.done_by, a.action, a.target, a.reason, a.outcome, a.origin)
FROM lh_audit_head h LEFT JOIN lh_audit a ON a.seq >= h.first ORDER BY a.seq;
