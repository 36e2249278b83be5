-- name: Job
-- A conflict on the id is no error: the answer then depends on the nonce.
INSERT INTO lh_job (id, lane, priority, created, delay, nonce, flags, payload_version, owner, policy, tags, description,
  unique_key, unique_scope, continue_from, enqueued_by, trace_parent, payload)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)
ON CONFLICT (id) DO NOTHING;

-- name: PlainJob
-- The same for a job that says nothing special: 7 parameters instead of 18.
INSERT INTO lh_job (id, lane, priority, created, delay, nonce, flags, payload_version, payload)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, ?7, ?8)
ON CONFLICT (id) DO NOTHING;

-- name: Nonce
SELECT nonce FROM lh_job WHERE id = ?1;

-- name: Gone
SELECT nonce FROM lh_gone WHERE id = ?1;

-- name: AnyGone
SELECT 1 FROM lh_gone LIMIT 1;

-- name: Ready
INSERT INTO lh_ready (lane, priority, due, id, flags) VALUES (?1, ?2, ?3, ?4, ?5);

-- name: Later
INSERT INTO lh_later (lane, priority, due, id, flags) VALUES (?1, ?2, ?3, ?4, ?5);

-- name: Tag
INSERT INTO lh_tag (tag, job) VALUES (?1, ?2) ON CONFLICT DO NOTHING;

-- name: TakeIds
UPDATE lh_sequence SET next = next + ?1 RETURNING next - ?1;

-- name: Ended
SELECT 1 FROM lh_done WHERE id = ?1;
