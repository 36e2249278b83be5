-- name: Holder
SELECT job, until FROM lh_unique WHERE name = ?1 AND owner = ?2 AND key = ?3;

-- name: Occupy
INSERT INTO lh_unique (name, owner, key, job, scope, until) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
ON CONFLICT DO UPDATE SET job = excluded.job, scope = excluded.scope, until = excluded.until;

-- name: OfJob
SELECT unique_key, unique_scope, owner FROM lh_detail WHERE id = ?1;

-- name: Vacate
-- Only by the job that has it: a window's next holder must not lose it to an earlier one.
DELETE FROM lh_unique WHERE name = ?1 AND owner = ?2 AND key = ?3 AND job = ?4;
