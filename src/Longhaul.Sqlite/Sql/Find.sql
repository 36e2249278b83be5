-- name: Job
-- Where a job stands. Done comes first: while the hook of a failed job runs it is in two tables. What is in no table of states is pending.
SELECT CASE WHEN d.id IS NOT NULL THEN d.state WHEN r.id IS NOT NULL THEN 2 WHEN h.id IS NOT NULL THEN h.state ELSE 1 END,
  j.lane, j.priority, coalesce(s.due, j.created + j.delay), coalesce(d.flags, r.flags, h.flags, p.flags, l.flags, j.flags), r.id IS NOT NULL, s.hook_due
FROM lh_job j
LEFT JOIN lh_done d ON d.id = j.id
LEFT JOIN lh_run r ON r.id = j.id
LEFT JOIN lh_held h ON h.id = j.id
LEFT JOIN lh_state s ON s.id = j.id
LEFT JOIN lh_ready p ON p.lane = j.lane AND p.priority = j.priority AND p.due = coalesce(s.due, j.created + j.delay) AND p.id = j.id
LEFT JOIN lh_later l ON l.due = coalesce(s.due, j.created + j.delay) AND l.id = j.id
WHERE j.id = ?1;
