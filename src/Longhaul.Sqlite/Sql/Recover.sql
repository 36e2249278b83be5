-- name: Policy
SELECT policy FROM lh_detail WHERE id = ?1;

-- name: Suspect
SELECT 1 FROM lh_run WHERE session = ?1 AND begun AND (flags & ?2) <> 0 LIMIT 1;

-- name: LastBeat
SELECT beat FROM lh_session WHERE id = ?1;
