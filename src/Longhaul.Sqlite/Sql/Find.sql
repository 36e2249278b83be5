-- name: Job
-- Where a job stands. Done comes first: while the hook of a failed job runs it is in two tables. What is in no table of states is pending,
-- and its flags are in its range.
SELECT CASE WHEN d.id IS NOT NULL THEN d.state WHEN r.id IS NOT NULL THEN 2 WHEN h.id IS NOT NULL THEN h.state ELSE 1 END,
  j.lane, j.priority, coalesce(s.due, j.created + j.delay), coalesce(d.flags, r.flags, h.flags), r.id IS NOT NULL, s.hook_due
FROM lh_job j
LEFT JOIN lh_done d ON d.id = j.id
LEFT JOIN lh_run r ON r.id = j.id
LEFT JOIN lh_held h ON h.id = j.id
LEFT JOIN lh_state s ON s.id = j.id
WHERE j.id = ?1;
