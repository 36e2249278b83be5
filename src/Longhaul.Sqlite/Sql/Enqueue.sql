-- name: Job
-- A conflict on the id is no error: the answer then depends on the nonce.
INSERT INTO lh_job (id, lane, priority, created, delay, nonce, payload_version, payload)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
ON CONFLICT (id) DO NOTHING;

-- name: Detail
INSERT INTO lh_detail (id, owner, policy, tags, description, unique_key, unique_scope, continue_from, enqueued_by, trace_parent)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10);

-- name: Nonce
SELECT nonce FROM lh_job WHERE id = ?1;

-- name: Gone
SELECT nonce FROM lh_gone WHERE id = ?1;

-- name: AnyGone
SELECT 1 FROM lh_gone LIMIT 1;

-- name: Tag
INSERT INTO lh_tag (tag, job) VALUES (?1, ?2) ON CONFLICT DO NOTHING;

-- name: TakeIds
UPDATE lh_sequence SET next = next + ?1 RETURNING next - ?1;

-- name: Ended
SELECT 1 FROM lh_done WHERE id = ?1;
