-- The audit, and notes under a key.

-- name: Audit
INSERT INTO {schema}.lh_audit (at, done_by, action, target, reason, outcome, origin) VALUES ({schema}.lh_now($1), $2, $3, $4, $5, $6, $7);

-- name: AuditPage
SELECT seq, at, done_by, action, target, reason, outcome, origin FROM {schema}.lh_audit WHERE seq < $1 ORDER BY seq DESC LIMIT $2;

-- name: Keep
SELECT {schema}.lh_keep_note($1, $2, $3, $4);

-- name: Note
SELECT note FROM {schema}.lh_note WHERE key = $1 AND until > {schema}.lh_now($2);
