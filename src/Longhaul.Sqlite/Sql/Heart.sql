-- What a tick brings back, read on the heart's own connection.

-- name: Session
SELECT state, ordered, boot_id, machine_id, pid_namespace FROM lh_session WHERE id = ?1;

-- name: Runs
SELECT id, token, ordered, ordered_by, ordered_reason, watched_until FROM lh_run WHERE session = ?1;

-- name: Peers
SELECT id, boot_id, machine_id, pid_namespace, pid, process_start, boot, renewed, lease FROM lh_session WHERE state < 3 AND id <> ?1;
