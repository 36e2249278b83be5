-- What is to be pruned, and when.

-- name: Add
INSERT INTO lh_expiry (gone, at, number, jobs)
SELECT ?1, ?2, coalesce(max(number), 0) + 1, ?3 FROM lh_expiry WHERE gone = ?1 AND at = ?2;

-- name: Next
SELECT at, number, jobs FROM lh_expiry WHERE gone = ?1 AND at <= ?2 ORDER BY at, number LIMIT 1;

-- name: Drop
DELETE FROM lh_expiry WHERE gone = ?1 AND at = ?2 AND number = ?3;

-- name: IsOver
SELECT 1 FROM lh_done WHERE id = ?1 AND expires <= ?2;

-- name: Forget
DELETE FROM lh_gone WHERE id = ?1 AND expires <= ?2;
